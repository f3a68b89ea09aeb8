import type { DriftMemory } from '../domain/drift-memory.ts'
import type { Target } from '../domain/target.ts'
import type { Entry, Lease, StoreReader, StoreWriter } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import { driftMemoryRecord, ownerRecord } from '../store/records.ts'
import type { Readers } from './capabilities.ts'

/** The right to look for drift, and to tell of it. */
export interface Watching {
  /** Create revision of `drift-watcher`: compared by each write. */
  readonly token: string
}

/** Another process looks for drift now. */
export class WatchedByAnother extends Error {
  override readonly name = 'WatchedByAnother'
}

/** Throws `StoreUnavailable` and `UnreadableRecord`. */
export const createDriftReader = (store: StoreReader): Readers['drift'] => ({
  async memory(target) {
    const entry = await store.get(keys.drift(target))
    return entry === null ? null : driftMemoryRecord.read(entry)
  },
})

/** What the schedule remembers, in the store. Throws `StoreUnavailable`. */
export function createDriftMemories(store: StoreReader & StoreWriter, driver: string, now: () => number) {
  const key = keys.driftWatcher
  return {
    /** There is one piece of this work. */
    async unclaimed(): Promise<readonly number[]> {
      return (await store.get(key)) === null ? [1] : []
    },

    async claim(lease: Lease): Promise<Watching | null> {
      const result = await store.commit({
        require: [{ kind: 'absent', key }],
        puts: [{ key, value: ownerRecord.write({ driver, since: now() }), lease: lease.id }],
      })
      return result.kind === 'committed' ? { token: result.revision } : null
    },

    async read(target: Target): Promise<{ readonly memory: DriftMemory | null; readonly entry: Entry | null }> {
      const entry = await store.get(keys.drift(target))
      return { memory: entry === null ? null : driftMemoryRecord.read(entry), entry }
    },

    /** Throws `WatchedByAnother` when it is not as it was read any more, or somebody else's to write. */
    async save(watching: Watching, target: Target, memory: DriftMemory, before: Entry | null): Promise<void> {
      const at = keys.drift(target)
      const result = await store.commit({
        require: [{ kind: 'owned', key, created: watching.token }, asBefore(at, before)],
        puts: [{ key: at, value: driftMemoryRecord.write(memory) }],
      })
      if (result.kind === 'conflict') throw new WatchedByAnother(`another process looks for drift by now`)
    },

    /** Forgets targets that there are no more. */
    async keepOnly(watching: Watching, targets: readonly Target[]): Promise<void> {
      const { entries } = await store.range(keys.drifts, { keysOnly: true })
      const known = new Set(targets.map((target) => keys.drift(target)))
      const doomed = entries.map((entry) => entry.key).filter((one) => !known.has(one))
      if (doomed.length === 0) return
      await store.commit({ require: [{ kind: 'owned', key, created: watching.token }], puts: [], deletes: doomed })
    },
  }
}

export type DriftMemories = ReturnType<typeof createDriftMemories>
