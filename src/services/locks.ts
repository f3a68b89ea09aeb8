import type { Authorized, OpenGrant } from '../authorization/door.ts'
import { lockCovers, lockExpired, type Lock } from '../domain/lock.ts'
import type { Target } from '../domain/target.ts'
import type { Scope } from '../authorization/rights.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import { readEach } from '../store/record.ts'
import { lockRecord } from '../store/records.ts'
import type { Capabilities, Readers } from './capabilities.ts'
import type { LockResult, UnlockResult } from './hold-results.ts'

/** Locks as the store has them, without those that ended by themselves. */
export function createLockReader(store: StoreReader, clock: Clock): Readers['locks'] {
  const read = async (key: string): Promise<Lock[]> => {
    const entry = await store.get(key)
    const lock = entry === null ? null : lockRecord.read(entry)
    return lock === null || lockExpired(lock, clock.now()) ? [] : [lock]
  }
  return {
    async all() {
      const { entries } = await store.range(keys.locks)
      const { records, unreadable } = readEach(entries, lockRecord)
      return { records: records.filter((lock) => !lockExpired(lock, clock.now())), unreadable }
    },
    async on(target: Target) {
      const found = await Promise.all([read(keys.tierLock(target.tier)), read(keys.targetLock(target))])
      return found.flat().filter((lock) => lockCovers(lock, target))
    },
  }
}

/** The right to lock one scope, for whoever the door let through. */
export const lockCapability =
  (open: OpenGrant, store: StoreReader & StoreWriter, clock: Clock, rollouts: Pick<Readers['rollouts'], 'allLive'>) =>
  (context: Authorized<'lock'>): Capabilities['lock'] => {
    const { scope, actor, audit } = open(context, 'lock')
    const key = keyOf(scope)
    return {
      async lock(why, untilMs): Promise<LockResult> {
        for (;;) {
          const entry = await store.get(key)
          const held = entry === null ? null : lockRecord.read(entry)
          if (held !== null && held.by.id !== actor.id && !lockExpired(held, clock.now()))
            return { kind: 'held', lock: held }
          const lock: Lock = {
            service: scope.kind === 'target' ? scope.target.service : null,
            tier: tierOf(scope),
            by: { id: actor.id, name: actor.name },
            why,
            at: clock.now(),
            until: untilMs,
            audit,
          }
          const put = { key, value: lockRecord.write(lock) }
          const result = await store.commit({ require: [asBefore(key, entry)], puts: [put] })
          if (result.kind === 'conflict') continue
          const { records } = await rollouts.allLive()
          return {
            kind: 'locked',
            lock,
            live: records.filter((one) => lockCovers(lock, one.plan)).map((one) => one.id),
          }
        }
      },
    }
  }

/** The right to lift the lock of one scope. */
export const unlockCapability =
  (open: OpenGrant, store: StoreReader & StoreWriter) =>
  (context: Authorized<'unlock'>): Capabilities['unlock'] => {
    const { scope, owner } = open(context, 'unlock')
    const key = keyOf(scope)
    return {
      async unlock(): Promise<UnlockResult> {
        for (;;) {
          const entry = await store.get(key)
          if (entry === null) return { kind: 'none' }
          const lock = lockRecord.read(entry)
          // The right was judged for the lock of this owner, and for nobody else's that came in between.
          if (lock.by.id !== owner) return { kind: 'changed', lock }
          const result = await store.commit({ require: [asBefore(key, entry)], puts: [], deletes: [key] })
          if (result.kind === 'committed') return { kind: 'unlocked', lock }
        }
      },
    }
  }

function tierOf(scope: Scope): string {
  if (scope.kind === 'shop') throw new Error('There is no lock on all of Opsee')
  return scope.kind === 'tier' ? scope.tier : scope.target.tier
}

function keyOf(scope: Scope): string {
  if (scope.kind === 'shop') throw new Error('There is no lock on all of Opsee')
  return scope.kind === 'tier' ? keys.tierLock(scope.tier) : keys.targetLock(scope.target)
}
