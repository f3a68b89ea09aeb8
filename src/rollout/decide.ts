import { rolledNow } from '../domain/aim.ts'
import { isPreparing } from '../domain/preparation.ts'
import { holdsItsTarget, inFlight, isTakenBack, type InstanceState, type Rollout } from '../domain/rollout.ts'
import { canaryHasServed } from './canary.ts'
import { Draft, type Decision } from './draft.ts'
import { close, finishIfOver, giveUp, timeOut } from './finish.ts'
import type { Look } from './look.ts'
import { defaultPatience, type Moment, type Observation, type Patience } from './observation.ts'
import { sayMachinesLeft } from './machines-left.ts'
import { mayBegin } from './may-begin.ts'
import { rest } from './rest.ts'
import { rollAgain, straysOf } from './roll-again.ts'
import { begin, stepInstance } from './step-instance.ts'
import { prepare, settlePreparation } from './step-preparation.ts'
import { releaseIsKnown, sayEarly, settleRelease } from './step-release.ts'
import { clockStands, sayStuck } from './stuck.ts'
import { watchWaiting } from './outside.ts'
import { countDown, mustStillMove, turnBack } from './take-back.ts'
import { watchCopies } from './watch-copies.ts'
import { noteSilence, watchProven } from './watch-proven.ts'
import { giveWay } from './whose-turn.ts'

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
  if (rollout.rollback?.stage === 'countdown' && !counted(draft, seen, moment)) return draft.decision()
  if (seen.abort !== null && draft.rollout.rollback?.stage !== 'stopped')
    draft.end({ kind: 'aborted', by: seen.abort.by, reason: seen.abort.reason })

  draft.take(seen.take)
  if (draft.rollout.ending === null) draft.heed(seen.pause, seen.resumed)

  if (isPreparing(draft.rollout)) {
    prepare(draft, seen, moment)
    return draft.decision()
  }

  if (seen.cluster.kind === 'unknown') {
    withoutView(draft, seen.cluster.reason, seen, moment, patience)
    return draft.decision()
  }
  draft.goOn('fleet', 'fleet answers again')

  const look: Look = {
    seen,
    units: seen.cluster.units,
    machines: new Set(seen.cluster.machines.keys()),
    left: seen.cluster.left ?? [],
    templates: seen.cluster.templates,
    moment,
    patience,
  }
  for (const { unit, stage } of rollout.instances) {
    if (inFlight({ stage }) && !draft.full) stepInstance(draft, unit, look)
  }
  watchProven(draft, look)
  watchCopies(draft, look)
  watchWaiting(draft, look)
  sayMachinesLeft(draft, look)

  const failed = draft.rollout.instances.find((one) => one.stage === 'failed')
  if (failed !== undefined) {
    const outside = failed.lost === undefined ? {} : { outside: true }
    draft.end({ kind: 'failed', unit: failed.unit, reason: `${failed.unit} ${failed.note ?? 'failed'}`, ...outside })
  }

  sayEarly(draft, look)
  if (draft.rollout.ending === null) goOn(draft, look)
  timeOut(draft, look)
  finishIfOver(draft, look)
  sayStuck(draft, { units: look.units, silent: null }, moment, patience)
  return draft.decision()
}

/** The countdown of a rollout that is to be taken back; true once that may begin. */
function counted(draft: Draft, seen: Observation, moment: Moment): boolean {
  draft.take(seen.take)
  draft.heed(seen.pause, seen.resumed)
  if (seen.abort === null && seen.pause !== null) {
    rest(draft, null)
    return false
  }
  const count = countDown(draft, seen, moment)
  if (count === 'stopped') close(draft, seen, moment)
  if (count === 'due') turnBack(draft, seen, moment)
  return count === 'due'
}

/** Nothing is believed and nothing is done while the scheduler is silent; for ever it cannot be. */
function withoutView(draft: Draft, reason: string, seen: Observation, moment: Moment, patience: Patience): void {
  draft.say(reason)
  if (draft.spentMs >= patience.silenceMs && !clockStands(draft.rollout)) draft.hold('fleet', reason)
  const { held } = draft.rollout
  if (held?.by === 'fleet' && held.reason !== reason) draft.set({ held: { by: 'fleet', reason } })
  if (held?.by === 'fleet') noteSilence(draft)
  const idle = !draft.rollout.instances.some(inFlight)
  if (draft.rollout.ending === null && draft.rollout.instances.some((one) => one.stage === 'waiting')) rest(draft, null)
  if (draft.rollout.ending !== null && idle) {
    close(draft, seen, moment)
    return
  }
  if (clockStands(draft.rollout)) return
  if (draft.spentMs < draft.rollout.plan.progressDeadlineMs) {
    sayStuck(draft, { units: new Map(), silent: reason }, moment, patience)
    return
  }
  if (draft.rollout.ending === null) draft.end({ kind: 'failed', unit: null, reason })
  else giveUp(draft, seen, moment, `was left as it is: ${reason}`)
}

/** Begins what may begin: the next instances of this batch, or the next batch. */
function goOn(draft: Draft, look: Look): void {
  nextBatch(draft)
  const waiting = ofBatch(draft.rollout).filter((one) => one.stage === 'waiting')
  const strays = straysOf(draft.rollout, look)
  if (waiting.length + strays.length === 0 && !mustStillMove(draft.rollout)) return
  if (draft.rollout.pause !== null) {
    rest(draft, look)
    return
  }
  const [hold] = look.seen.holds
  if (hold !== undefined) {
    draft.hold('lock', hold)
    return
  }
  draft.goOn('lock', 'nobody holds it any more')
  if (!releaseIsKnown(draft, look)) return
  if (giveWay(draft, look)) return
  const units = ofBatch(draft.rollout)
    .filter((one) => one.stage === 'waiting')
    .map((one) => one.unit)
  if (!settlePreparation(draft, units, look)) return
  if (!settleRelease(draft, look) || !canaryHasServed(draft, look)) return
  if (strays.length > 0) {
    rollAgain(draft, strays, look)
    return
  }
  for (const unit of units) {
    if (draft.full) return
    const may = mayBegin(draft, unit, look)
    if (may === 'never') return
    if (may === 'later') continue
    if (ofBatch(draft.rollout).every((one) => one.stage === 'waiting')) {
      const { batch, plan } = draft.rollout
      const back = isTakenBack(draft.rollout)
      const of = 1 + Math.max(...rolledNow(draft.rollout).map((one) => one.batch))
      const canary = plan.canary && batch === 0 && !back
      draft.fact({ kind: 'batch-began', batch, units, canary, ...(back ? { rollback: { of } } : {}) })
    }
    begin(draft, unit, look)
  }
}

function nextBatch(draft: Draft): void {
  const { batch, plan } = draft.rollout
  const own = ofBatch(draft.rollout)
  if (own.length === 0 || !own.every((one) => one.stage === 'done')) return
  draft.fact({ kind: 'batch-done', batch })
  draft.set({ batch: batch + 1 })
  if (plan.canary && batch === 0 && plan.canarySteadyMs > 0 && plan.batches.length > 1 && !isTakenBack(draft.rollout))
    draft.fact({ kind: 'canary-steady', forMs: plan.canarySteadyMs })
}

const ofBatch = (rollout: Rollout): readonly InstanceState[] =>
  rolledNow(rollout).filter((one) => one.batch === rollout.batch)
