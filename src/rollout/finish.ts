import { rolledNow } from '../domain/aim.ts'
import { durationText } from '../domain/duration.ts'
import { noneHealthy } from '../domain/failure-reason.ts'
import { oldCopiesCount } from '../domain/old-copies.ts'
import { releaseText } from '../domain/release.ts'
import { inFlight, isOver, isTakenBack, type Phase, type Rollout } from '../domain/rollout.ts'
import { deedOf } from '../domain/wording.ts'
import type { Draft, UnitCall } from './draft.ts'
import { keepEnd } from './at-end.ts'
import { keepLastLook, strayIn } from './last-look.ts'
import { isSteady, type Look } from './look.ts'
import { stateText, type Moment, type Observation } from './observation.ts'
import { straysOf } from './roll-again.ts'
import { awayBeside, isMissing, obstacleTo, serves } from './serving.ts'
import { clockStands, waitsFor } from './stuck.ts'
import { mustStillMove, planTakingBack } from './take-back.ts'
import { lose, takenAway } from './taken-away.ts'

/** How a rollout ends: by itself, at its deadline, or because what is under way will not end. */

/** The progress deadline: counted from the last newly healthy instance, so that a crash loop cannot push it away. */
export function timeOut(draft: Draft, look: Look): void {
  const { moment } = look
  const { instances, plan, ending, held } = draft.rollout
  if (clockStands(draft.rollout) || draft.spentMs < plan.progressDeadlineMs) return
  if (ending !== null) {
    giveUp(draft, look.seen, moment, 'did not come back in time')
    return
  }
  const limit = durationText(plan.progressDeadlineMs)
  if (rolledNow(draft.rollout).every((one) => one.stage === 'done') && !mustStillMove(draft.rollout)) {
    const why = held?.reason ?? 'not all of them serve'
    const reason = `all were replaced, but ${why}, ${limit} after the last one proved healthy`
    draft.end({ kind: 'failed', unit: null, reason })
    return
  }
  const moving = instances.find(inFlight)
  const { unit, why } = waitsFor(draft.rollout, look.units)
  // One that is being stopped stays under way: once it has stopped it is started again, and a second deadline bounds that.
  if (moving !== undefined && !['detaching', 'stopping', 'removing'].includes(moving.stage)) {
    draft.fail(moving.unit, why)
  }
  const reason = noneHealthy(limit, unit === null ? why : `${unit} ${why}`)
  draft.end({ kind: 'failed', unit: inTheWay(draft.rollout, unit, look) ?? unit, reason })
}

/** The instance whose absence keeps one that waits for its turn from beginning. */
function inTheWay(rollout: Rollout, unit: string | null, look: Look): string | null {
  const waits = rollout.instances.find((one) => one.unit === unit && one.stage === 'waiting')
  if (waits === undefined || obstacleTo(rollout, waits.unit, look) === null) return null
  const away = awayBeside(rollout, waits.unit, look)
  return rollout.instances.find((one) => away.includes(one.unit))?.unit ?? null
}

/** Ends what will not end by itself. What was told to stop is told to start, as a last word, whether or not it is heard. */
export function giveUp(draft: Draft, seen: Observation, moment: Moment, why: string): void {
  for (const one of draft.rollout.instances.filter(inFlight)) {
    if (draft.full) return
    const units = [one.unit, ...one.sidekicks]
    const goes = one.task === 'take-back' || (one.task === 'remove' && one.stage === 'removing')
    const verb = goes ? 'destroy' : 'start'
    draft.call(one.unit, ...units.map((unit): UnitCall => ({ verb, unit })))
    draft.fail(one.unit, one.note === null ? why : `${why} (${one.note})`)
  }
  close(draft, seen, moment)
}

export function finishIfOver(draft: Draft, look: Look): void {
  const { instances, ending } = draft.rollout
  if (isOver(draft.rollout) || instances.some(inFlight)) return
  if (ending !== null) {
    close(draft, look.seen, look.moment)
    return
  }
  if (!rolledNow(draft.rollout).every((one) => one.stage === 'done') || mustStillMove(draft.rollout)) return
  if (straysOf(draft.rollout, look).length > 0) return
  const away = instances.filter((one) => !isMissing(one) && !serves(one, draft.rollout, look))
  const lost = away.find(({ unit }) => takenAway(unit, look) !== null)
  if (lost !== undefined) {
    lose(draft, lost.unit, takenAway(lost.unit, look) ?? 'destroyed', 'before the rollout ended')
    draft.end({
      kind: 'failed',
      unit: lost.unit,
      reason: `${lost.unit} ${draft.instance(lost.unit).note}`,
      outside: true,
    })
    return
  }
  if (away.length > 0) {
    for (const one of away)
      draft.note(one.unit, `was replaced, and is down again (${stateText(look.units.get(one.unit))})`)
    return
  }
  const unproven = instances.filter(
    (one) => one.stage === 'done' && !isMissing(one) && !isProven(one.unit, draft, look),
  )
  if (unproven.length > 0) {
    for (const one of unproven) draft.note(one.unit, 'went down after it was replaced, is up again, and must stay so')
    return
  }
  const stray = strayIn(draft, look.seen)
  if (stray !== null) {
    draft.fail(stray.unit, stray.reason)
    draft.end({ kind: 'failed', unit: stray.unit, reason: `${stray.unit} ${stray.reason}` })
    return
  }
  close(draft, look.seen, look.moment)
}

/** Who went down again after it was proven must prove itself once more. */
function isProven(unit: string, { rollout }: Draft, look: Look): boolean {
  const view = look.units.get(unit)
  return view !== undefined && isSteady(view, rollout.plan.settleMs, look)
}

/** The last step; or, where a failure is taken back, the first one of that. */
export function close(draft: Draft, seen: Observation, moment: Moment): void {
  keepLastLook(draft, seen)
  keepEnd(draft, seen)
  if (planTakingBack(draft, seen, moment)) return
  const phase = lastPhase(draft.rollout)
  const reason = whyText(draft.rollout)
  draft.set({ phase, endedAt: moment.wall, held: null, pause: null })
  draft.fact({ kind: 'ended', phase, reason, journal: [], noJournal: null })
  draft.say(`${phase}: ${reason}`)
}

function lastPhase({ ending, rollback }: Rollout): Phase {
  if (isTakenBack({ rollback })) return ending === null ? 'rolled-back' : 'rollback-failed'
  return ending?.kind ?? 'succeeded'
}

function whyText(rollout: Rollout): string {
  const { ending, plan, rollback } = rollout
  const rolled = rolledNow(rollout)
  const done = rolled.filter((one) => one.stage === 'done').length
  const back = isTakenBack(rollout)
  const copies = oldCopiesCount(rollout)
  const count = `${done} of ${rolled.length} ${back ? 'rolled back' : deedOf(plan)}${copies === null ? '' : `, ${copies}`}`
  const why =
    ending === null
      ? count
      : ending.kind !== 'aborted'
        ? ending.reason
        : `aborted by ${ending.by.name ?? ending.by.id}; ${count}`
  if (!back || rollback === null) return why
  const to = plan.rollback === null ? '' : ` to ${releaseText(plan.rollback.to)}`
  return ending === null
    ? `${rollback.reason}; rolled back${to}`
    : `${rollback.reason}; the rollback${to} failed: ${why}`
}
