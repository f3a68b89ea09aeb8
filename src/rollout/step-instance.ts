import { gateFault } from '../domain/failure-reason.ts'
import type { InstanceState } from '../domain/rollout.ts'
import type { UnitView } from '../ports/scheduler.ts'
import type { Draft, UnitCall } from './draft.ts'
import { callToStop } from './call-to-stop.ts'
import { processOf } from './compare-process.ts'
import { gone, isSteady, isTaken, mayBeHeardLate, mayRepeat, refusal, wallOf, type Look } from './look.ts'
import { isUp, reportOf, seenAs, stateText } from './observation.ts'
import { noteHeeded, noteStarted, noteStopped } from './outside.ts'
import { fellOver } from './fell-over.ts'
import {
  bringDown,
  goesAway,
  hasNoMachine,
  isDestroyedUnplaced,
  mustTakeBack,
  remove,
  removedYet,
  takeBack,
} from './step-removal.ts'
import { provenRelease } from './step-release.ts'
import { obstacleTo } from './serving.ts'
import { attach, attachedYet, detach, noLongerWanted } from './step-sidekicks.ts'
import { isDestroyedUnderWay } from './taken-away.ts'
import { wrongContent } from './unit-files.ts'

/** Takes one instance that is under way as far as what is seen of it allows. The rollout is known to go on or to fail. */
export function stepInstance(draft: Draft, unit: string, look: Look): void {
  draft.see(unit, seenAs(look.units.get(unit)))
  const instance = draft.instance(unit)
  if (isDestroyedUnderWay(draft, instance, look) || leftUntouched(draft, instance, look)) return
  // Nothing new begins once it can only end: what still runs stays as it is. After a failure, what was stopped still
  // has to prove itself; after an abort it is enough that it runs.
  const ending = draft.rollout.ending !== null
  const aborted = draft.rollout.ending?.kind === 'aborted'
  if (mustTakeBack(draft, instance)) {
    takeBack(draft, unit, look)
    return
  }
  const stays = ending && !goesAway(draft, instance)
  switch (instance.stage) {
    case 'detaching':
      if (stays) attach(draft, instance, look, 'was not stopped yet: its sidekicks come back')
      else if (!standsBack(draft, instance, look)) detach(draft, instance, look)
      return
    case 'stopping':
      if (stays && instance.attempt === 0 && isTaken(look.units.get(unit)))
        attach(draft, instance, look, 'was not stopped yet, and stays as it was')
      else if (!standsBack(draft, instance, look)) stop(draft, instance, look)
      return
    case 'starting':
      start(draft, instance, look)
      return
    case 'proving':
      if (aborted && isUp(look.units.get(unit))) attach(draft, instance, look, 'runs again')
      else prove(draft, instance, look)
      return
    case 'attaching':
      attachedYet(draft, instance, look)
      return
    case 'removing':
      removedYet(draft, instance, look)
      return
    case 'waiting':
    case 'done':
    case 'failed':
    case 'kept':
  }
}

/** It was begun, nothing came of that, and no machine has it now: waiting once more would change nothing. */
function leftUntouched(draft: Draft, { unit, attempt, replaced, task, sidekicks }: InstanceState, look: Look): boolean {
  const untouched = task === 'replace' && attempt === 0 && !replaced && isTaken(look.units.get(unit))
  if (draft.rollout.ending === null || !untouched || !hasNoMachine(unit, look)) return false
  if (mayBeHeardLate(unit, look, draft.rollout.plan)) return false
  const stopped = sidekicks.filter((one) => !isTaken(look.units.get(one)))
  draft.call(unit, ...stopped.map((one): UnitCall => ({ verb: 'start', unit: one })))
  draft.fail(unit, 'was not replaced: its machine left the cluster, and no other has room for it')
  return true
}

/** The first calls for an instance. */
export function begin(draft: Draft, unit: string, look: Look): void {
  draft.patch(unit, { startedAt: look.moment.wall })
  if (draft.instance(unit).task !== 'add') {
    bringDown(draft, unit, look, '')
    return
  }
  draft.stage(unit, 'starting', 'there was none, told to start', { attempt: 1, replaced: true })
  draft.call(unit, { verb: 'start', unit })
}

/**
 * Nothing came of what was recorded for it: the calls may never have been made, and others may have gone away meanwhile. As long
 * as it serves it is not told again to go before it may.
 */
function standsBack(draft: Draft, { unit, sidekicks, attempt }: InstanceState, look: Look): boolean {
  const stands = (one: string): boolean => isTaken(look.units.get(one)) && isUp(look.units.get(one))
  if (attempt > 0 || draft.rollout.ending !== null || ![unit, ...sidekicks].every(stands)) return false
  const obstacle = obstacleTo(draft.rollout, unit, look)
  if (obstacle !== null) draft.note(unit, obstacle)
  return obstacle !== null
}

function stop(draft: Draft, instance: InstanceState, look: Look): void {
  const { unit } = instance
  const view = look.units.get(unit)
  if (view === undefined && instance.task === 'replace') {
    draft.note(unit, 'is not in fleet as it seems: looking again')
    return
  }
  if (isDestroyedUnplaced(draft, instance, look)) {
    remove(draft, instance, look, 'no machine has it')
    return
  }
  const again = callToStop(unit, look)
  if (isTaken(view)) noteStarted(draft, instance)
  else if (again === null) noteHeeded(draft, instance, 'stopping')
  else draft.patch(unit, { heeded: undefined })
  if (again !== null) draft.call(unit, again)
  if (isTaken(view)) {
    const lost = view !== undefined && view.reports.length === 0 && view.target === null
    draft.note(
      unit,
      lost
        ? `has lost its machine, and ${view.misfit ?? 'no other has room for it'}: fleet can neither stop nor start it`
        : `was told to stop, but is still wanted (${stateText(view)})${refusal(unit, look)}`,
    )
    return
  }
  if (!gone(unit, look)) {
    draft.note(unit, `waits for it to stop (${stateText(view)})`)
    return
  }
  const anew = instance.task === 'renew' && instance.attempt === 0
  if (goesAway(draft, instance) || (anew && draft.rollout.ending === null)) {
    remove(draft, instance, look, `seen stopped (${stateText(view)})`)
    return
  }
  const attempt = instance.attempt + 1
  draft.stage(unit, 'starting', `seen stopped (${stateText(view)}), told to start`, {
    attempt,
    replaced: true,
    // What it said was said by the process of before.
    runs: null,
    // It is only brought back up: with the content that it had.
    ...(anew ? { task: 'replace', renews: [] } : {}),
  })
  draft.call(unit, { verb: 'start', unit })
}

function start(draft: Draft, instance: InstanceState, look: Look): void {
  const { unit } = instance
  const view = look.units.get(unit)
  if (view === undefined || view.wanted !== 'launched') {
    noteStopped(draft, instance, look)
    if (mayRepeat(unit, look)) draft.call(unit, { verb: 'start', unit })
    draft.note(unit, `was told to start, but is not wanted (${stateText(view)})${refusal(unit, look)}`)
    return
  }
  noteHeeded(draft, instance, 'starting')
  if (isUp(view)) {
    const report = reportOf(view)
    const machine = report === undefined ? null : { id: report.machine, ip: report.ip }
    const upAt = wallOf(view.sameFor.since, look)
    draft.stage(unit, 'proving', `seen running on ${machine?.ip ?? machine?.id ?? 'a machine'}`, { machine, upAt })
    return
  }
  if (!fellOver(draft, instance, view, look)) draft.note(unit, `waits for it to run (${stateText(view)})`)
}

function prove(draft: Draft, instance: InstanceState, look: Look): void {
  const { unit } = instance
  const view = look.units.get(unit)
  if (view === undefined || view.wanted !== 'launched') {
    noteStopped(draft, instance, look)
    draft.stage(unit, 'starting', noLongerWanted(instance))
    draft.call(unit, { verb: 'start', unit })
    return
  }
  if (!isUp(view)) {
    if (fellOver(draft, instance, view, look)) return
    const drops = instance.drops + 1
    const gone = `does not run any more (${stateText(view)})`
    if (drops >= look.patience.flaps) draft.fail(unit, `is in a crash loop: it came up ${drops} times and ${gone}`)
    else draft.stage(unit, 'starting', gone, { machine: null, drops, note: gone })
    return
  }
  const restarts = view.flaps + (look.seen.health.get(unit)?.changed?.times ?? 0)
  if (restarts >= look.patience.flaps) {
    draft.fail(unit, `is in a crash loop: systemd restarted it ${restarts} times`)
    return
  }
  const wrong = wrongContent(unit, instance.renews, view)
  if (wrong !== null && view.sameFor.views >= look.patience.views) {
    draft.fail(unit, wrong)
    return
  }
  const report = reportOf(view)
  if (report !== undefined && report.machine !== instance.machine?.id) {
    draft.patch(unit, { machine: { id: report.machine, ip: report.ip } })
  }
  const { settleMs, gate } = draft.rollout.plan
  const { changed = null } = look.seen.health.get(unit) ?? {}
  const steady = isSteady(view, settleMs, look) && (changed === null || look.moment.monotonic - changed.at >= settleMs)
  const flaw = flawOf(draft, instance, view, look)
  if (flaw !== null) {
    draft.note(unit, flaw)
    return
  }
  const release = provenRelease(draft, unit, look)
  if (release.kind === 'wrong') {
    draft.fail(unit, release.reason)
    return
  }
  if (release.kind === 'silent' || !steady) {
    draft.note(unit, release.kind === 'silent' ? release.note : 'runs, and must stay so for a while')
    return
  }
  const since = instance.again === true ? instance.since : (instance.startedAt ?? instance.since)
  draft.patch(unit, { proven: processOf(unit, view, look) })
  draft.fact({
    kind: 'healthy',
    unit,
    machine: report?.machine ?? null,
    ip: report?.ip ?? null,
    tookMs: Math.max(0, look.moment.wall - since),
    reason: `${gate.kind === 'none' ? 'it has run steadily' : 'it has run steadily and passed its health gate'}${release.text}`,
  })
  if (instance.again !== true) draft.comeOn()
  attach(draft, instance, look, 'healthy')
}

/** Why its gate does not pass; null when it does. */
function flawOf(draft: Draft, instance: InstanceState, view: UnitView, look: Look): string | null {
  if (draft.rollout.plan.gate.kind === 'none') return null
  const health = look.seen.health.get(instance.unit)
  if (health === undefined || health.stateSince !== view.sameFor.since)
    return 'runs, and is being asked whether it is healthy'
  if (health.last.kind === 'unhealthy') return gateFault(health.last.reason)
  const { identity } = instance.before
  // One that was told to stop and never did is given back as it was: the same process is what is wanted then.
  if (instance.replaced && identity !== null && health.last.identity === identity) {
    return `answers as the same process as before (${identity}): it was not replaced`
  }
  return health.passes >= look.patience.views ? null : 'runs, and passed its health gate once'
}
