import { hashOf } from '../authorization/chain.ts'
import type { RolloutEvent } from '../domain/event.ts'
import type { Rollout } from '../domain/rollout.ts'
import type { Entry, Lease, StoreReader, StoreWriter } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys, numberIn } from '../store/keys.ts'
import {
  announcedRecord,
  counterRecord,
  eventRecord,
  ownerRecord,
  rolloutRecord,
  type Announced,
} from '../store/records.ts'

/** A receiver's number, by its address alone: another address is another receiver, wherever it stands in the configuration. */
export const receiverNumber = (url: string): number => Number.parseInt(hashOf(url).slice(0, 12), 16) % 1_000_000_000_000

/** The right to tell one receiver. */
export interface Announcing {
  readonly id: number
  /** Create revision of `announcers/<id>`: compared by each write. */
  readonly token: string
}

/** Another process tells it now. */
class AnnouncedByAnother extends Error {
  override readonly name = 'AnnouncedByAnother'
}

/** Rollouts looked at for the first time in one turn. */
const atOnce = 50

/** How far each receiver was told, in the store; rollouts and events are only read. */
export function createAnnounced(store: StoreReader & StoreWriter, driver: string, now: () => number) {
  const entries = new Map<number, Entry | null>()
  return {
    async unclaimed(ids: readonly number[]): Promise<readonly number[]> {
      const { entries: claimed } = await store.range(keys.announcers, { keysOnly: true })
      const taken = new Set(claimed.map(({ key }) => numberIn(key)))
      return ids.filter((id) => !taken.has(id))
    },

    async claim(id: number, lease: Lease): Promise<Announcing | null> {
      const key = keys.announcer(id)
      const result = await store.commit({
        require: [{ kind: 'absent', key }],
        puts: [{ key, value: ownerRecord.write({ driver, since: now() }), lease: lease.id }],
      })
      return result.kind === 'committed' ? { id, token: result.revision } : null
    },

    /** How far it was told; a new receiver hears of what is asked for from now on. */
    async open(id: number): Promise<Announced> {
      const [entry, counter] = await Promise.all([store.get(keys.announced(id)), store.get(keys.rolloutCounter)])
      entries.set(id, entry)
      if (entry !== null) return announcedRecord.read(entry)
      return { next: (counter === null ? 0 : counterRecord.read(counter).last) + 1, open: [] }
    },

    /** Throws `AnnouncedByAnother`, and `StoreUnavailable`. */
    async save({ id, token }: Announcing, announced: Announced): Promise<void> {
      const key = keys.announced(id)
      const before = entries.get(id) ?? null
      const value = announcedRecord.write(announced)
      const result = await store.commit({
        require: [{ kind: 'owned', key: keys.announcer(id), created: token }, asBefore(key, before)],
        puts: [{ key, value }],
      })
      if (result.kind === 'conflict') throw new AnnouncedByAnother('another process tells this receiver by now')
      entries.set(id, { key, value, modified: result.revision, created: before?.created ?? result.revision })
    },

    /** Rollouts from this number on, oldest first. */
    async rolloutsFrom(next: number): Promise<readonly Rollout[]> {
      const page = await store.range(keys.rollouts, { after: keys.rollout(next - 1), limit: atOnce })
      return page.entries.map((entry) => rolloutRecord.read(entry))
    },

    /** The rollout, and its events behind `seq`; null when it is no longer kept. The record is read first: it is never newer. */
    async story(id: number, seq: number): Promise<{ rollout: Rollout; news: readonly RolloutEvent[] } | null> {
      const entry = await store.get(keys.rollout(id))
      if (entry === null) return null
      const rollout = rolloutRecord.read(entry)
      if (rollout.seq <= seq) return { rollout, news: [] }
      const { entries: found } = await store.range(keys.events(id), seq === 0 ? {} : { after: keys.event(id, seq) })
      return {
        rollout,
        news: found.map((event) => eventRecord.read(event)).filter((event) => event.seq <= rollout.seq),
      }
    },
  }
}

export type AnnouncedStore = ReturnType<typeof createAnnounced>
