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
  const one = longestUnderWay(instances) ?? noted('waiting') ?? noted('done')
  if (one === undefined) return { unit: null, why: rollout.held?.reason ?? 'nothing happened' }
  return { unit: one.unit, why: one.note ?? `is ${one.stage} (${stateText(units.get(one.unit))})` }
}

function longestUnderWay(instances: readonly InstanceState[]): InstanceState | undefined {
  const moving = instances.filter(inFlight)
  const first = Math.min(...moving.map((one) => one.startedAt ?? one.since))
  return moving.find((one) => (one.startedAt ?? one.since) === first)
}

/** Tells one wait from the next. What an instance under way is seen as may change while the wait is the same. */
function waitKey(rollout: Rollout, { unit, why }: ReturnType<typeof waitsFor>): string {
  const moving = rollout.instances.some((one) => one.unit === unit && inFlight(one))
  return moving ? (unit ?? '') : `${unit ?? ''} ${why}`
}

/** Keeps what it waits for now, and since when: a wait that just began is no standstill, however long the one before was. */
function noteWait(draft: Draft, key: string): number {
  const { waits } = draft.rollout
  if (waits?.for === key) return Math.max(0, draft.spentMs - waits.atMs)
  draft.set({ waits: { for: key, atMs: Math.round(draft.spentMs) } })
  return 0
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
  if (rollout.stuck !== null || isOver(rollout) || clockStands(rollout)) return
  const wait = seen.silent === null ? waitsFor(rollout, seen.units) : { unit: null, why: seen.silent }
  const forMs = noteWait(draft, seen.silent === null ? waitKey(rollout, wait) : 'fleet')
  if (forMs < patience.stuckMs) return
  const { unit, why } = wait
  const since = Math.round(moment.wall - forMs)
  draft.set({ stuck: since })
  draft.fact({
    kind: 'stuck',
    unit,
    reason: why,
    since,
    forMs: Math.round(forMs),
    leftMs: Math.max(0, Math.round(rollout.plan.progressDeadlineMs - spentMs)),
    moving: rollout.instances.some(inFlight),
    ending: rollout.ending === null || rollout.ending.kind === 'cancelled' ? null : rollout.ending.kind,
  })
  draft.say(`stuck: ${unit ?? ''} ${why}`)
}
