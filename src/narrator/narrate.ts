import type { WorkSource } from '../services/claimed-work.ts'
import type { Telling } from './position.ts'
import type { NarratorParts } from './desk.ts'
import { tell } from './tell.ts'

/** Threads that are not told to their end, as work to be claimed. */
export function threadWork(parts: NarratorParts): WorkSource<Telling> {
  return {
    what: 'thread',
    unclaimed: () => parts.positions.unclaimed(),
    claim: (id, lease) => parts.positions.claim(id, lease),
    work: (telling, lease, stop) => tell(telling, parts, AbortSignal.any([lease.lost, stop])),
  }
}
