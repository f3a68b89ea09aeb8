import { z } from 'zod'
import type { Target } from '../domain/target.ts'
import { isOver } from '../domain/rollout.ts'
import type { Entry, StoreReader, StoreWriter } from '../ports/store.ts'
import { keys, numberIn } from '../store/keys.ts'
import { readEach, recordType } from '../store/record.ts'
import { counterRecord, rolloutRecord } from '../store/records.ts'

/** Keys deleted in one transaction, well under etcd's 128 operations. */
const atOnce = 100
/** Rollouts looked at in one run: what is left is for the next. */
const perRun = 200

/** Deletes rollouts beyond the newest `keep`, with all that belongs to them, and their rows in the history. Bounded; safe to repeat. */
export async function prune(
  store: StoreReader & StoreWriter,
  targets: readonly Target[],
  keep: number,
): Promise<number> {
  const counter = await store.get(keys.rolloutCounter)
  const newest = counter === null ? 0 : counterRecord.read(counter).last
  const { entries } = await store.range(keys.rollouts, { limit: perRun })
  let pruned = 0
  for (const entry of entries) {
    const id = numberIn(entry.key)
    if (id === null || id > newest - keep) break
    if (isKept(entry)) continue
    const events = await store.range(keys.events(id), { keysOnly: true })
    // The rollout itself goes last: should this be cut short, the next run finds it again.
    await remove(store, [
      ...events.entries.map((event) => event.key),
      ...(await threadKeys(store, id)),
      keys.retried(id),
      keys.telling(id),
    ])
    await remove(store, [entry.key])
    pruned++
  }
  const indexes = [
    { counter: keys.historyCounter(null), prefix: keys.historiesAll },
    ...targets.map((target) => ({ counter: keys.historyCounter(target), prefix: keys.histories(target) })),
  ]
  for (const index of indexes) await pruneIndex(store, index, keep)
  return pruned
}

const threadRecord = recordType(z.object({ home: z.object({ channel: z.string(), thread: z.string().nullable() }) }))

/** The narrator's position, and the key by which its thread leads to the rollout. */
async function threadKeys(store: StoreReader, id: number): Promise<readonly string[]> {
  const key = keys.thread(id)
  const entry = await store.get(key)
  const [record] = entry === null ? [] : readEach([entry], threadRecord).records
  if (record === undefined || record.home.thread === null) return [key]
  return [key, keys.threadAt(record.home.channel, record.home.thread, id)]
}

/** What lives stays, and so does what cannot be read: nobody knows what it is. */
function isKept(entry: Entry): boolean {
  try {
    return !isOver(rolloutRecord.read(entry))
  } catch {
    return true
  }
}

async function pruneIndex(
  store: StoreReader & StoreWriter,
  index: { readonly counter: string; readonly prefix: string },
  keep: number,
): Promise<void> {
  const counter = await store.get(index.counter)
  const last = counter === null ? 0 : counterRecord.read(counter).last
  if (last <= keep) return
  const { entries } = await store.range(index.prefix, { keysOnly: true, limit: perRun })
  await remove(
    store,
    entries.map((entry) => entry.key).filter((key) => (numberIn(key) ?? Number.MAX_SAFE_INTEGER) <= last - keep),
  )
}

async function remove(store: StoreWriter, doomed: readonly string[]): Promise<void> {
  for (let from = 0; from < doomed.length; from += atOnce) {
    await store.commit({ require: [], puts: [], deletes: doomed.slice(from, from + atOnce) })
  }
}
