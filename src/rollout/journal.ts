import type { Fact } from '../domain/event.ts'
import { lockExpired, lockedText, unlockText } from '../domain/lock.ts'
import { pinText } from '../domain/pin.ts'
import { isOver, isTakenBack, ownerOf, type Pause, type Person, type Rollout } from '../domain/rollout.ts'
import type { Stop } from '../domain/stop.ts'
import type { Clock } from '../ports/clock.ts'
import type { Condition, Entry, Lease, Put, StoreReader, StoreWriter } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import type { RecordType } from '../store/record.ts'
import {
  eventRecord,
  lockRecord,
  ownerRecord,
  pinRecord,
  rolloutRecord,
  stopRecord,
  wishesRecord,
  type PersonalWishes,
} from '../store/records.ts'
import { endingWrites, type Writes } from './ending.ts'
import { failedWhileWaiting, type FailedBefore } from './failed-before.ts'

/** The right to drive one rollout: the lease that bounds it, and the fencing token that each write compares. */
export interface Ownership {
  readonly id: number
  readonly lease: Lease
  /** Create revision of `owners/<id>`. */
  readonly token: string
}

/** A rollout as it was read, to be changed only as long as it is still so. */
export interface Loaded {
  readonly rollout: Rollout
  readonly entry: Entry
}

interface Wish {
  readonly by: Person
  readonly reason: string | null
}

/** What people want of the rollout just now, with the conditions under which it is still so. */
export interface Wishes {
  readonly abort: Wish | null
  readonly take: Wish | null
  /** Of the rollout by itself, or else the stop of its tier. */
  readonly pause: Pause | null
  /** Who took back the pause that it obeys. */
  readonly resumed: Wish | null
  /** Somebody's word to go on, now or later. */
  readonly go: PersonalWishes['go']
  /** Why nothing new may begin: locks of others than its owner, a pin to another release, and records that cannot be read. */
  readonly holds: readonly string[]
  readonly unchanged: readonly Condition[]
}

export type Advanced =
  | { readonly kind: 'stored'; readonly loaded: Loaded }
  /** Another process drives it now. Nothing was written, and nothing more may be done. */
  | { readonly kind: 'fenced' }
  /** The record, a lock or a wish changed meanwhile. Nothing was written; read and decide again. */
  | { readonly kind: 'moved' }

const nothingMore: Writes = { require: [], puts: [], deletes: [] }

/** The only writer of live rollouts. Every call throws `StoreUnavailable` when the store is away. */
export function createJournal(store: StoreReader & StoreWriter, clock: Clock) {
  return {
    /** Null when there is no such rollout. Throws `UnreadableRecord`. */
    async load(id: number): Promise<Loaded | null> {
      const entry = await store.get(keys.rollout(id))
      return entry === null ? null : { rollout: rolloutRecord.read(entry), entry }
    },

    /** Null when another process drives it. */
    async claim(id: number, lease: Lease, driver: string): Promise<Ownership | null> {
      const key = keys.owner(id)
      const result = await store.commit({
        require: [{ kind: 'absent', key }],
        puts: [{ key, value: ownerRecord.write({ driver, since: clock.now() }), lease: lease.id }],
      })
      return result.kind === 'committed' ? { id, lease, token: result.revision } : null
    },

    async wishes(rollout: Rollout): Promise<Wishes> {
      const { plan } = rollout
      const where = [
        keys.wish(rollout.id),
        keys.stop(plan.tier),
        keys.pin(plan),
        keys.tierLock(plan.tier),
        keys.targetLock(plan),
      ]
      const entries = await Promise.all(where.map((key) => store.get(key)))
      const [wish = null, stopped = null, pinned = null, ...locks] = entries
      const faults: string[] = []
      const readable = <T>(type: RecordType<T>, entry: Entry | null | undefined): T | null => {
        try {
          return entry === null || entry === undefined ? null : type.read(entry)
        } catch (error) {
          // Whatever it says, it may be a no: the rollout holds until a person has looked.
          faults.push(error instanceof Error ? error.message : String(error))
          return null
        }
      }
      const personal = readable(wishesRecord, wish)
      const stop = readable(stopRecord, stopped)
      const pin = readable(pinRecord, pinned)
      // What is taken back goes to what was well, whatever is pinned.
      const { release } = isTakenBack(rollout) ? { release: null } : plan
      const pins =
        pin === null || release === null || release.to.digest === pin.release.digest
          ? []
          : [`${pinText(pin)}; \`unpin ${plan.service} ${plan.tier}\` lifts that`]
      const owner = personal?.take?.by ?? ownerOf(rollout)
      const holds = locks
        .map((entry) => readable(lockRecord, entry))
        .filter((lock) => lock !== null)
        .filter((lock) => lock.by.id !== owner.id && !lockExpired(lock, clock.now()))
        .map((lock) => `${lockedText(lock)}; \`${unlockText(lock)}\` lifts that`)
      return {
        abort: personal?.abort ?? null,
        take: personal?.take ?? null,
        go: personal?.go ?? null,
        ...pauseIn(rollout, {
          personal: personal?.pause ?? null,
          stop,
          // What cannot be read lifts nothing.
          unknown: (wish !== null && personal === null) || (stopped !== null && stop === null),
        }),
        holds: [...holds, ...pins, ...faults],
        unchanged: where.map((key, index) => asBefore(key, entries[index] ?? null)),
      }
    },

    /** Rollouts of its target that failed while it waited, oldest first. Throws `UnreadableRecord`. */
    failedBefore: (rollout: Rollout): Promise<readonly FailedBefore[]> => failedWhileWaiting(store, rollout),

    /**
     * Removes a place in a queue whose rollout does not exist (`loaded` is null) or is over: nobody will ever begin it, and
     * those behind it would wait for ever. False when anything changed since it was read.
     */
    async forgetPlace(own: Ownership, place: Entry, loaded: Loaded | null): Promise<boolean> {
      const result = await store.commit({
        require: [
          { kind: 'owned', key: keys.owner(own.id), created: own.token },
          asBefore(place.key, place),
          asBefore(keys.rollout(own.id), loaded?.entry ?? null),
        ],
        puts: [],
        deletes: [place.key],
      })
      return result.kind === 'committed'
    },

    /** Whether a person wants it aborted: one small read. What cannot be read is for the steps to say. */
    async isAborted(id: number): Promise<boolean> {
      const entry = await store.get(keys.wish(id))
      try {
        return entry !== null && wishesRecord.read(entry).abort !== null
      } catch {
        return false
      }
    },

    /** Stores the record and its events in one transaction, if this process still drives it and nobody's wish changed. */
    async advance(
      own: Ownership,
      before: Loaded,
      next: Rollout,
      facts: readonly Fact[],
      wishes: Wishes,
      more: Writes = nothingMore,
    ): Promise<Advanced> {
      const at = clock.now()
      const rollout: Rollout = { ...next, seq: before.rollout.seq + facts.length }
      const key = keys.rollout(rollout.id)
      const ending = isOver(rollout) ? await endingWrites(store, before.rollout, rollout, facts) : nothingMore
      const value = rolloutRecord.write(rollout)
      const events = facts.map((fact, index): Put => {
        const seq = before.rollout.seq + index + 1
        return { key: keys.event(rollout.id, seq), value: eventRecord.write({ rollout: rollout.id, seq, at, fact }) }
      })
      const result = await store.commit({
        require: [
          { kind: 'owned', key: keys.owner(own.id), created: own.token },
          { kind: 'unchanged', key, modified: before.entry.modified },
          ...wishes.unchanged,
          ...ending.require,
          ...more.require,
        ],
        puts: [{ key, value }, ...events, ...ending.puts, ...more.puts],
        deletes: [...ending.deletes, ...more.deletes],
      })
      if (result.kind === 'committed') {
        return { kind: 'stored', loaded: { rollout, entry: { ...before.entry, value, modified: result.revision } } }
      }
      const owner = result.entries.find((entry) => entry.key === keys.owner(own.id))
      return owner?.created === own.token ? { kind: 'moved' } : { kind: 'fenced' }
    },
  }
}

/** What it must obey: a pause of its own goes before the stop of its tier. */
function pauseIn(
  rollout: Rollout,
  said: { readonly personal: PersonalWishes['pause']; readonly stop: Stop | null; readonly unknown: boolean },
): Pick<Wishes, 'pause' | 'resumed'> {
  const { personal, stop } = said
  if (personal?.kind === 'pause') {
    const { by, reason, at } = personal
    return { pause: { kind: 'pause', by, reason, at }, resumed: null }
  }
  if (stop?.kind === 'stop')
    return { pause: { kind: 'stop', by: stop.by, reason: stop.why, at: stop.at }, resumed: null }
  if (said.unknown) return { pause: rollout.pause, resumed: null }
  if (rollout.pause?.kind === 'stop') {
    return { pause: null, resumed: stop === null ? null : { by: stop.by, reason: stop.why } }
  }
  return { pause: null, resumed: personal }
}

export type Journal = ReturnType<typeof createJournal>
