import { isOver, type Rollout } from '../domain/rollout.ts'
import type { RolloutEvent } from '../domain/event.ts'
import type { Place } from '../ports/chat.ts'
import type { Entry, Lease, StoreReader, StoreWriter } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import { eventRecord, ownerRecord, pointerRecord, rolloutRecord } from '../store/records.ts'
import { indexKeyOf, threadRecord, type Thread } from './thread-record.ts'

/** The right to tell one rollout. */
export interface Telling {
  readonly id: number
  /** Create revision of `narrators/<id>`: compared by each write. */
  readonly token: string
}

/** Another narrator tells it now. */
class ToldByAnother extends Error {
  override readonly name = 'ToldByAnother'
}

export interface Story {
  readonly rollout: Rollout
  /** Those that the thread does not show yet. */
  readonly news: readonly RolloutEvent[]
}

/** The narrator's side of the store: reads rollouts and events, writes its own position and nothing else. */
export function createPositions(store: StoreReader & StoreWriter, driver: string, now: () => number) {
  const entries = new Map<number, Entry | null>()
  /** The index keys that this process wrote; a narrator of an earlier version wrote none. */
  const indexed = new Map<number, string>()
  return {
    async unclaimed(): Promise<readonly number[]> {
      const [open, claimed] = await Promise.all([
        store.range(keys.tellings, { keysOnly: true }),
        store.range(keys.narrators, { keysOnly: true }),
      ])
      const taken = new Set(claimed.entries.map((entry) => entry.key.slice(keys.narrators.length)))
      return open.entries
        .map((entry) => entry.key.slice(keys.tellings.length))
        .filter((id) => !taken.has(id))
        .map(Number)
    },

    async claim(id: number, lease: Lease): Promise<Telling | null> {
      const key = keys.narrator(id)
      const result = await store.commit({
        require: [{ kind: 'absent', key }],
        puts: [{ key, value: ownerRecord.write({ driver, since: now() }), lease: lease.id }],
      })
      return result.kind === 'committed' ? { id, token: result.revision } : null
    },

    /** The position, or a new one at the place where the rollout was asked for. Null: there is no such rollout. */
    async open(id: number): Promise<Thread | null> {
      const [entry, rollout] = await Promise.all([store.get(keys.thread(id)), store.get(keys.rollout(id))])
      entries.set(id, entry)
      if (entry !== null) return threadRecord.read(entry)
      return rollout === null ? null : newThread(id, rolloutRecord.read(rollout).place)
    },

    /** The record is read before the events: it may be older than they are, never newer. */
    async story(id: number, shown: number): Promise<Story> {
      const entry = await store.get(keys.rollout(id))
      if (entry === null) throw new Error(`rollout ${id} is gone`)
      const rollout = rolloutRecord.read(entry)
      const after = keys.event(id, shown)
      const { entries: found } = await store.range(keys.events(id), shown === 0 ? {} : { after })
      const news = found.map((event) => eventRecord.read(event)).filter((event) => event.seq <= rollout.seq)
      return { rollout, news }
    },

    /** Throws `ToldByAnother`, and `StoreUnavailable`. */
    async save(telling: Telling, thread: Thread): Promise<void> {
      const key = keys.thread(thread.id)
      const before = entries.get(thread.id) ?? null
      const value = threadRecord.write(thread)
      const index = indexKeyOf(thread)
      const old = indexed.get(thread.id)
      const isNew = index !== null && index !== old
      const result = await store.commit({
        require: [{ kind: 'owned', key: keys.narrator(telling.id), created: telling.token }, asBefore(key, before)],
        puts: [{ key, value }, ...(isNew ? [{ key: index, value: pointerRecord.write({ id: thread.id }) }] : [])],
        deletes: isNew && old !== undefined ? [old] : [],
      })
      if (result.kind === 'conflict') throw new ToldByAnother(`rollout ${thread.id} is told by another narrator`)
      if (index !== null) indexed.set(thread.id, index)
      entries.set(thread.id, { key, value, modified: result.revision, created: before?.created ?? result.revision })
    },

    /** Everything was told. */
    async close(telling: Telling, thread: Thread): Promise<void> {
      const key = keys.thread(thread.id)
      const result = await store.commit({
        require: [
          { kind: 'owned', key: keys.narrator(telling.id), created: telling.token },
          asBefore(key, entries.get(thread.id) ?? null),
        ],
        puts: [{ key, value: threadRecord.write(thread) }],
        deletes: [keys.telling(thread.id)],
      })
      entries.delete(thread.id)
      indexed.delete(thread.id)
      if (result.kind === 'conflict') throw new ToldByAnother(`rollout ${thread.id} is told by another narrator`)
    },
  }
}

export type Positions = ReturnType<typeof createPositions>

export const isToldOut = (story: Story, thread: Thread): boolean =>
  isOver(story.rollout) && thread.shown >= story.rollout.seq

function newThread(id: number, place: Place): Thread {
  return {
    id,
    root: null,
    home: { channel: place.channel, thread: place.thread },
    moved: false,
    silent: false,
    reposts: 0,
    shown: 0,
    lastPost: null,
    sending: null,
    rootShown: null,
    reaction: null,
    closed: false,
  }
}
