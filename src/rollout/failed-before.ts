import type { HistoryRow } from '../domain/history.ts'
import { hasFailed, type Obstacle, type Rollout } from '../domain/rollout.ts'
import type { Target } from '../domain/target.ts'
import { phaseText, series } from '../domain/wording.ts'
import type { StoreReader } from '../ports/store.ts'
import { keys } from '../store/keys.ts'
import { counterRecord, historyRecord } from '../store/records.ts'

/** Rollouts of a target that failed: after a failure, no waiting rollout of that target starts by itself. */

export type FailedBefore = Pick<HistoryRow, 'id' | 'phase'>

/** History rows that are read at most, newest first. */
const mostRows = 50

/** Number of the newest history row of a target; 0 for none. Throws `StoreUnavailable` and `UnreadableRecord`. */
async function lastRowOf(store: StoreReader, target: Target): Promise<number> {
  const counter = await store.get(keys.historyCounter(target))
  return counter === null ? 0 : counterRecord.read(counter).last
}

/** Rollouts that failed while this one waited, oldest first. Throws `StoreUnavailable` and `UnreadableRecord`. */
export async function failedWhileWaiting(
  store: StoreReader,
  { plan, waiting, createdAt }: Pick<Rollout, 'plan' | 'waiting' | 'createdAt'>,
): Promise<readonly FailedBefore[]> {
  const last = await lastRowOf(store, plan)
  const after = waiting?.failuresAfter
  // Records of an earlier version do not hold the number: the time decides.
  if (after === undefined) {
    return failuresIn((await rowsUpTo(last, store, plan)).filter((row) => row.endedAt > createdAt))
  }
  return failuresBehind(store, plan, after, last)
}

/** Rollouts of a target that failed, of the history rows behind number `after`, oldest first. */
export async function failuresBehind(
  store: StoreReader,
  target: Target,
  after: number,
  known?: number,
): Promise<readonly FailedBefore[]> {
  const last = known ?? (await lastRowOf(store, target))
  return last <= after ? [] : failuresIn(await rowsUpTo(last, store, target, last - after))
}

/** Who asked for a rollout decides which failures count that came before it was accepted. */
export type Asker =
  /** A person typed it just now, and knows. */
  | { readonly kind: 'person' }
  /** Nobody looked: the last rollout of the target must not have failed. */
  | { readonly kind: 'hook' }
  /** A list of services that was typed at that time, in milliseconds since the epoch. */
  | { readonly kind: 'list'; readonly typedAt: number }

/** The value of `failuresAfter` for a rollout that is accepted now. Throws `StoreUnavailable` and `UnreadableRecord`. */
export async function failuresAfter(store: StoreReader, target: Target, asker: Asker): Promise<number> {
  const last = await lastRowOf(store, target)
  if (asker.kind === 'person' || last === 0) return last
  const rows = await rowsUpTo(last, store, target)
  if (asker.kind === 'list') return last - rows.filter((row) => row.endedAt > asker.typedAt).length
  const newest = rows.findIndex((row) => row.phase !== 'cancelled')
  const row = rows[newest]
  return row !== undefined && hasFailed(row) ? last - newest - 1 : last
}

/** What a person must say yes to. */
export function failureObstacle(failed: readonly FailedBefore[]): Obstacle | null {
  if (failed.length === 0) return null
  const named = failed.slice(-3).map(({ id, phase }) => `rollout ${id} ${phaseText(phase)}`)
  return { kind: 'failed-before', message: `${series(named)} before it` }
}

const failuresIn = (rows: readonly HistoryRow[]): readonly FailedBefore[] =>
  rows
    .filter(hasFailed)
    .map(({ id, phase }) => ({ id, phase }))
    .toReversed()

/** At most `most` rows up to number `last`, newest first. */
async function rowsUpTo(
  last: number,
  store: StoreReader,
  target: Target,
  most = mostRows,
): Promise<readonly HistoryRow[]> {
  const limit = Math.min(last, most, mostRows)
  if (limit === 0) return []
  const after = keys.history(target, last - limit)
  const { entries } = await store.range(keys.histories(target), { after, limit })
  return entries.map((entry) => historyRecord.read(entry)).toReversed()
}
