import type { Entry, StoreReader } from '../ports/store.ts'
import { keys } from './keys.ts'

/** Places of one target's queue that are read at most: one more than the longest queue that a configuration allows. */
export const mostPlaces = 101

const pageSize = 500

/**
 * The entries below `targets/` or one tier's part of it, in key order, without the places of a queue beyond the first
 * `mostPlaces`. Forged or forgotten places then cost a page, and not the time of everybody. Pages are of different
 * revisions: a rollout that begins meanwhile shows in the tier's start counter. Throws `StoreUnavailable`.
 */
export async function readTargets(store: StoreReader, prefix: string): Promise<readonly Entry[]> {
  const kept: Entry[] = []
  let after: string | undefined
  for (;;) {
    const page = await store.range(prefix, { limit: pageSize, ...(after === undefined ? {} : { after }) })
    const last = page.entries.at(-1)
    kept.push(...page.entries)
    if (!page.more || last === undefined) return withinQueues(kept)
    after = behindFullQueue(kept, last.key)
  }
}

/** The key to go on behind: the end of a queue of which enough places were read, or else the last key. */
function behindFullQueue(kept: readonly Entry[], last: string): string {
  const queue = queueOfKey(last)
  if (queue === null) return last
  const read = kept.filter((entry) => entry.key.startsWith(queue)).length
  return read < mostPlaces ? last : `${queue}\u{10FFFF}`
}

function withinQueues(entries: readonly Entry[]): readonly Entry[] {
  const places = new Map<string, number>()
  return entries.filter(({ key }) => {
    const queue = queueOfKey(key)
    if (queue === null) return true
    const count = (places.get(queue) ?? 0) + 1
    places.set(queue, count)
    return count <= mostPlaces
  })
}

/** `targets/<tier>/<service>/queue/` of a place's key; null for another key. */
function queueOfKey(key: string): string | null {
  const [tier, service, kind, ...rest] = key.slice(keys.targets.length).split('/')
  if (!key.startsWith(keys.targets) || kind !== 'queue' || rest.length === 0) return null
  return `${keys.targets}${tier}/${service}/${kind}/`
}
