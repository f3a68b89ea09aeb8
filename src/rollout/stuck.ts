import { isPreparing } from '../domain/preparation.ts'
import { inFlight, isOver, type InstanceState, type Rollout } from '../domain/rollout.ts'
import type { UnitView } from '../ports/scheduler.ts'
import type { Draft } from './draft.ts'
import { stateText, type Moment, type Patience } from './observation.ts'

/** A rollout that does not come on: whether its clock runs, what it waits for, and that this is told. */

/** It is paused, or a lock holds it, and nothing is under way: waiting for a person is not a lack of progress. A preparation has its own limit. */
export const clockStands = (rollout: Rollout): boolean =>
  rollout.phase === 'paused' ||
  isPreparing(rollout) ||
  rollout.rollback?.stage === 'countdown' ||
  (rollout.held?.by === 'lock' && !rollout.instances.some(inFlight))

type Units = ReadonlyMap<string, UnitView>

/** What keeps it from coming on. With a unit, `why` goes behind its name: "waits for it to stop (active/running …)". */
export function waitsFor(rollout: Rollout, units: Units): { readonly unit: string | null; readonly why: string } {
  const { instances } = rollout
  const noted = (stage: InstanceState['stage']) => instances.find((one) => one.stage === stage && one.note !== null)
  const one = instances.find(inFlight) ?? noted('waiting') ?? noted('done')
  if (one === undefined) return { unit: null, why: rollout.held?.reason ?? 'nothing happened' }
  return { unit: one.unit, why: one.note ?? `is ${one.stage} (${stateText(units.get(one.unit))})` }
}

/**
 * Says that nothing became healthy for a while, and what it waits for: once for each standstill. That it was said is in
 * the record, so that whoever drives it next does not say it again.
 */
export function sayStuck(
  draft: Draft,
  seen: { readonly units: Units; /** Why the scheduler does not say. */ readonly silent: string | null },
  moment: Moment,
  patience: Patience,
): void {
  const { rollout, spentMs } = draft
  if (rollout.stuck !== null || isOver(rollout) || clockStands(rollout) || spentMs < patience.stuckMs) return
  const since = Math.round(moment.wall - spentMs)
  const { unit, why } = seen.silent === null ? waitsFor(rollout, seen.units) : { unit: null, why: seen.silent }
  draft.set({ stuck: since })
  draft.fact({
    kind: 'stuck',
    unit,
    reason: why,
    since,
    forMs: Math.round(spentMs),
    leftMs: Math.max(0, Math.round(rollout.plan.progressDeadlineMs - spentMs)),
    moving: rollout.instances.some(inFlight),
    ending: rollout.ending?.kind ?? null,
  })
  draft.say(`stuck: ${unit ?? ''} ${why}`)
}
