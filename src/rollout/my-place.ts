import type { WaitsFor } from '../domain/rollout.ts'
import { placeRecord, type QueuePlace } from '../store/records.ts'
import { isStuck } from './decide-wait.ts'
import type { Line, Waiter } from './line.ts'

/** The place of one rollout in the queue, as it was read. */
export interface MyPlace {
  readonly waiter: Waiter
  readonly place: QueuePlace
  /** A rollout failed while this one waited, so nobody who came later waits for it. */
  readonly yields: boolean
}

/** Null when it has no place in the line. Throws `UnreadableRecord`. */
export function placeIn(line: Line, id: number): MyPlace | null {
  const waiter = line.waiting.find((one) => one.id === id)
  if (waiter === undefined) return null
  const place = placeRecord.read(waiter.entry)
  return { waiter, place, yields: place.yields === true }
}

/** Whether the stored place already says what it should. */
export const samePlace = ({ place, yields }: MyPlace, waits: WaitsFor): boolean =>
  place.stuck === isStuck(waits) && (place.yields === true) === yields

/** The place as it is stored; a yes to another plan than the one that is shown now has no effect. */
export const writePlace = ({ place, yields }: MyPlace, waits: WaitsFor, keepYes: boolean): string =>
  placeRecord.write({
    id: place.id,
    stuck: isStuck(waits),
    yes: keepYes ? place.yes : null,
    ...(yields ? { yields: true } : {}),
  })
