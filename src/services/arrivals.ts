import type { Build } from '../domain/build.ts'
import type { Lease, StoreReader, StoreWriter } from '../ports/store.ts'
import { keys } from '../store/keys.ts'
import { readEach } from '../store/record.ts'
import { arrivalRecord, buildRecord, ownerRecord, type Arrival } from '../store/records.ts'

/** The right to tell of one build. */
export interface Receiving {
  readonly id: number
  /** Create revision of `receivers/<id>`: compared by each write. */
  readonly token: string
}

/** Another process tells of it now. */
class ReceivedByAnother extends Error {
  override readonly name = 'ReceivedByAnother'
}

export interface Opened {
  readonly arrival: Arrival
  readonly build: Build
}

/** Builds that are not told to their end, in the store. */
export function createArrivals(store: StoreReader & StoreWriter, driver: string, now: () => number) {
  const owned = ({ id, token }: Receiving) => ({ kind: 'owned', key: keys.receiver(id), created: token }) as const

  async function commit(receiving: Receiving, puts: { key: string; value: string }[], deletes: string[]) {
    const result = await store.commit({ require: [owned(receiving)], puts, deletes })
    if (result.kind === 'conflict') throw new ReceivedByAnother(`build ${receiving.id} is another process's by now`)
  }

  return {
    async unclaimed(): Promise<readonly number[]> {
      const [open, claimed] = await Promise.all([
        store.range(keys.arrivals, { keysOnly: true }),
        store.range(keys.receivers, { keysOnly: true }),
      ])
      const taken = new Set(claimed.entries.map((entry) => entry.key.slice(keys.receivers.length)))
      const ids = open.entries.map((entry) => entry.key.slice(keys.arrivals.length))
      return ids.filter((id) => !taken.has(id)).map(Number)
    },

    async claim(id: number, lease: Lease): Promise<Receiving | null> {
      const key = keys.receiver(id)
      const result = await store.commit({
        require: [{ kind: 'absent', key }],
        puts: [{ key, value: ownerRecord.write({ driver, since: now() }), lease: lease.id }],
      })
      return result.kind === 'committed' ? { id, token: result.revision } : null
    },

    /** Null: everything of it was told, or it is no longer kept. */
    async open(id: number): Promise<Opened | null> {
      const entry = await store.get(keys.arrival(id))
      if (entry === null) return null
      const arrival = arrivalRecord.read(entry)
      const build = await store.get(keys.build(arrival.service, id))
      if (build !== null) return { arrival, build: buildRecord.read(build) }
      await store.commit({ require: [], puts: [], deletes: [keys.arrival(id)] })
      return null
    },

    /** Whether an earlier build of the same service is still to be told: they are told in their order. */
    async isNext({ id, service }: Arrival): Promise<boolean> {
      const { entries } = await store.range(keys.arrivals)
      // One that cannot be read is waited for by nobody: it may never be told.
      const { records } = readEach(entries, arrivalRecord)
      return !records.some((one) => one.service === service && one.id < id)
    },

    async save(receiving: Receiving, { arrival, build }: Opened): Promise<void> {
      const puts = [
        { key: keys.arrival(receiving.id), value: arrivalRecord.write(arrival) },
        { key: keys.build(build.service, build.id), value: buildRecord.write(build) },
      ]
      await commit(receiving, puts, [])
    },

    /** Everything was told. */
    async close(receiving: Receiving): Promise<void> {
      await commit(receiving, [], [keys.arrival(receiving.id)])
    },

    /** It is a build that came before: it is forgotten. */
    async forget(receiving: Receiving, service: string): Promise<void> {
      await commit(receiving, [], [keys.arrival(receiving.id), keys.build(service, receiving.id)])
    },
  }
}

export type Arrivals = ReturnType<typeof createArrivals>
