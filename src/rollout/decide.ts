import { holdsItsTarget, inFlight, isOver, type InstanceState, type Rollout } from '../domain/rollout.ts'
import { durationText } from '../domain/duration.ts'
import { deedOf } from '../domain/wording.ts'
import type { UnitView } from '../ports/scheduler.ts'
import { Draft, type Call, type Decision } from './draft.ts'
import { defaultPatience, stateText, type Moment, type Observation, type Patience } from './observation.ts'
import type { Look } from './look.ts'
import { isAway, isMissing, obstacleTo, serves } from './serving.ts'
import { begin, stepInstance } from './step-instance.ts'
import { changedTemplate } from './unit-files.ts'
import { clockStands, sayStuck, waitsFor } from './stuck.ts'

/**
 * The next step of a rollout, with its reason in words. Pure and total: every record, every observation and every
 * moment has an answer, and the same ones always the same. What it answers is stored before any of its calls is made.
 */
export function decide(
  rollout: Rollout,
  seen: Observation,
  moment: Moment,
  patience: Patience = defaultPatience,
): Decision {
  const draft = new Draft(rollout, moment)
  if (!holdsItsTarget(rollout)) {
    draft.say(`there is nothing to be done: it is ${rollout.phase}`)
    return draft.decision()
  }
  if (seen.abort !== null) draft.end({ kind: 'aborted', by: seen.abort.by, reason: seen.abort.reason })

  draft.take(seen.take)
  if (draft.rollout.ending === null) draft.heed(seen.pause, seen.resumed)

  if (seen.cluster.kind === 'unknown') {
    withoutView(draft, seen.cluster.reason, moment, patience)
    return draft.decision()
  }
  draft.goOn('fleet', 'fleet answers again')

  const look: Look = {
    seen,
    units: seen.cluster.units,
    machines: new Set(seen.cluster.machines.keys()),
    templates: seen.cluster.templates,
    moment,
    patience,
  }
  for (const { unit, stage } of rollout.instances) {
    if (inFlight({ stage }) && !draft.full) stepInstance(draft, unit, look)
  }

  const failed = draft.rollout.instances.find((one) => one.stage === 'failed')
  if (failed !== undefined)
    draft.end({ kind: 'failed', unit: failed.unit, reason: `${failed.unit} ${failed.note ?? 'failed'}` })

  if (draft.rollout.ending === null) goOn(draft, look)
  timeOut(draft, look)
  finishIfOver(draft, look)
  sayStuck(draft, { units: look.units, silent: null }, moment, patience)
  return draft.decision()
}

/** Nothing is believed and nothing is done while the scheduler is silent; for ever it cannot be. */
function withoutView(draft: Draft, reason: string, moment: Moment, patience: Patience): void {
  draft.say(reason)
  if (draft.spentMs >= patience.silenceMs && !clockStands(draft.rollout)) draft.hold('fleet', reason)
  const { held } = draft.rollout
  if (held?.by === 'fleet' && held.reason !== reason) draft.set({ held: { by: 'fleet', reason } })
  const idle = !draft.rollout.instances.some(inFlight)
  if (draft.rollout.ending === null && draft.rollout.instances.some((one) => one.stage === 'waiting')) rest(draft, null)
  if (draft.rollout.ending !== null && idle) {
    close(draft, moment)
    return
  }
  if (clockStands(draft.rollout)) return
  if (draft.spentMs < draft.rollout.plan.progressDeadlineMs) {
    sayStuck(draft, { units: new Map(), silent: reason }, moment, patience)
    return
  }
  if (draft.rollout.ending === null) draft.end({ kind: 'failed', unit: null, reason })
  else giveUp(draft, moment, `was left as it is: ${reason}`)
}

/** Begins what may begin: the next instances of this batch, or the next batch. */
function goOn(draft: Draft, look: Look): void {
  nextBatch(draft)
  const waiting = ofBatch(draft.rollout).filter((one) => one.stage === 'waiting')
  if (waiting.length === 0) return
  if (draft.rollout.pause !== null) {
    rest(draft, look)
    return
  }
  const [hold] = look.seen.holds
  if (hold !== undefined) {
    draft.hold('lock', hold)
    return
  }
  draft.goOn('lock', 'the lock is gone')
  for (const { unit } of waiting) {
    if (draft.full) return
    const view = look.units.get(unit)
    const changed = changedSince(draft.rollout, unit, view)
    if (changed !== null) {
      if ((view?.wantedFor ?? 0) < look.patience.wishViews) {
        draft.note(unit, `${changed.seems} (${stateText(view)}): looking again`)
        continue
      }
      const reason = `${changed.is} (${stateText(view)}): somebody else ${changed.did} it since the plan was made`
      draft.fail(unit, reason)
      draft.end({ kind: 'failed', unit, reason: `${unit} ${reason}` })
      return
    }
    const template = changedTemplate(draft.instance(unit).renews, look.templates)
    if (template?.kind === 'changed') {
      draft.fail(unit, template.reason)
      draft.end({ kind: 'failed', unit, reason: `${unit} ${template.reason}` })
      return
    }
    const obstacle = template?.reason ?? obstacleTo(draft.rollout, unit, look)
    if (obstacle !== null) {
      draft.note(unit, obstacle)
      continue
    }
    if (ofBatch(draft.rollout).every((one) => one.stage === 'waiting')) {
      const { batch, plan } = draft.rollout
      const units = waiting.map((one) => one.unit)
      draft.fact({ kind: 'batch-began', batch, units, canary: plan.canary && batch === 0 })
    }
    begin(draft, unit, look)
  }
}

/** Paused once nothing is under way, and says what it leaves the fleet like. */
function rest(draft: Draft, look: Look | null): void {
  const { pause, phase, instances, plan } = draft.rollout
  if (pause === null || phase === 'paused' || instances.some(inFlight)) return
  const units = [...instances.filter((one) => !isMissing(one)).map((one) => one.unit), ...plan.others]
  const away = look === null ? null : units.filter((unit) => isAway(unit, draft.rollout, look))
  const replaced = instances.filter((one) => one.stage === 'done').length
  draft.set({ phase: 'paused' })
  draft.fact({
    kind: 'paused',
    tier: pause.kind === 'stop',
    by: pause.by,
    reason: pause.reason,
    replaced,
    of: instances.length,
    away,
  })
  draft.say(`paused by ${pause.by.name ?? pause.by.id}`)
}

function nextBatch(draft: Draft): void {
  const { batch, plan } = draft.rollout
  if (batch >= plan.batches.length || !ofBatch(draft.rollout).every((one) => one.stage === 'done')) return
  draft.fact({ kind: 'batch-done', batch })
  draft.set({ batch: batch + 1 })
}

const ofBatch = (rollout: Rollout): readonly InstanceState[] =>
  rollout.instances.filter((one) => one.batch === rollout.batch)

/** Another wish stands than the plan was made for, in words; null when it is as planned. */
function changedSince(rollout: Rollout, unit: string, view: UnitView | undefined) {
  const launched = view?.wanted === 'launched'
  switch (rollout.instances.find((one) => one.unit === unit)?.task) {
    case 'add':
      return launched ? { seems: 'is there already as it seems', is: 'is there already', did: 'started' } : null
    case 'remove':
      return null
    default:
      if (launched || startsStopped(rollout, unit)) return null
      return { seems: 'is not wanted running as it seems', is: 'is no longer wanted', did: 'stopped' }
  }
}

const startsStopped = (rollout: Rollout, unit: string): boolean =>
  rollout.plan.batches.some((batch) => batch.some((one) => one.unit === unit && one.stopped))

/** The progress deadline: counted from the last newly healthy instance, so that a crash loop cannot push it away. */
function timeOut(draft: Draft, look: Look): void {
  const { moment } = look
  const { instances, plan, ending } = draft.rollout
  if (clockStands(draft.rollout) || draft.spentMs < plan.progressDeadlineMs) return
  if (ending !== null) {
    giveUp(draft, moment, 'did not come back in time')
    return
  }
  const limit = durationText(plan.progressDeadlineMs)
  if (instances.every((one) => one.stage === 'done')) {
    const reason = `all were replaced, but not all of them serve, ${limit} after the last one proved healthy`
    draft.end({ kind: 'failed', unit: null, reason })
    return
  }
  const moving = instances.find(inFlight)
  const { unit, why } = waitsFor(draft.rollout, look.units)
  // One that is being stopped stays under way: once it has stopped it is started again, and a second deadline bounds that.
  if (moving !== undefined && !['detaching', 'stopping', 'removing'].includes(moving.stage)) {
    draft.fail(moving.unit, why)
  }
  const reason = `no instance became healthy for ${limit}: ${unit === null ? why : `${unit} ${why}`}`
  draft.end({ kind: 'failed', unit, reason })
}

/** Ends what will not end by itself. What was told to stop is told to start, as a last word, whether or not it is heard. */
function giveUp(draft: Draft, moment: Moment, why: string): void {
  for (const one of draft.rollout.instances.filter(inFlight)) {
    if (draft.full) return
    const units = [one.unit, ...one.sidekicks]
    const goes = one.task === 'take-back' || (one.task === 'remove' && one.stage === 'removing')
    const verb = goes ? 'destroy' : 'start'
    draft.call(one.unit, ...units.map((unit): Call => ({ verb, unit })))
    draft.fail(one.unit, one.note === null ? why : `${why} (${one.note})`)
  }
  close(draft, moment)
}

function finishIfOver(draft: Draft, look: Look): void {
  const { instances, ending } = draft.rollout
  if (isOver(draft.rollout) || instances.some(inFlight)) return
  if (ending !== null) {
    close(draft, look.moment)
    return
  }
  if (!instances.every((one) => one.stage === 'done')) return
  const away = instances.filter((one) => !isMissing(one) && !serves(one, draft.rollout, look))
  if (away.length > 0) {
    for (const one of away)
      draft.note(one.unit, `was replaced, and is down again (${stateText(look.units.get(one.unit))})`)
    return
  }
  close(draft, look.moment)
}

function close(draft: Draft, moment: Moment): void {
  const { instances, ending } = draft.rollout
  const replaced = instances.filter((one) => one.stage === 'done').length
  const count = `${replaced} of ${instances.length} ${deedOf(draft.rollout.plan)}`
  const phase = ending?.kind ?? 'succeeded'
  const reason =
    ending === null
      ? count
      : ending.kind === 'failed'
        ? ending.reason
        : `aborted by ${ending.by.name ?? ending.by.id}; ${count}`
  draft.set({ phase, endedAt: moment.wall, held: null, pause: null })
  draft.fact({ kind: 'ended', phase, reason, journal: [], noJournal: null })
  draft.say(`${phase}: ${reason}`)
}
