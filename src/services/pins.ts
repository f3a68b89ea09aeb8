import type { Authorized, OpenGrant } from '../authorization/door.ts'
import type { Grant } from '../authorization/rights.ts'
import type { Pin } from '../domain/pin.ts'
import type { Target } from '../domain/target.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import { readEach } from '../store/record.ts'
import { pinRecord } from '../store/records.ts'
import type { Capabilities, Readers } from './capabilities.ts'
import type { PinResult, UnpinResult } from './hold-results.ts'

type Store = StoreReader & StoreWriter

export function createPinReader(store: StoreReader): Readers['pins'] {
  return {
    async all() {
      const { entries } = await store.range(keys.pins)
      return readEach(entries, pinRecord)
    },
    async on(target) {
      const entry = await store.get(keys.pin(target))
      return entry === null ? null : pinRecord.read(entry)
    },
  }
}

/** The right to pin one target. The last pin stands. */
export const pinCapability =
  (open: OpenGrant, store: Store, clock: Pick<Clock, 'now'>) =>
  (context: Authorized<'pin'>): Capabilities['pin'] => {
    const grant = open(context, 'pin')
    const target = targetOf(grant)
    const key = keys.pin(target)
    return {
      async pin(release, why): Promise<PinResult> {
        for (;;) {
          const entry = await store.get(key)
          const before = entry === null ? null : pinRecord.read(entry)
          if (before?.release.digest === release.digest) return { kind: 'already', pin: before }
          const { actor, audit } = grant
          const { service, tier } = target
          const by = { id: actor.id, name: actor.name }
          const pin: Pin = { service, tier, release, by, why, at: clock.now(), audit }
          const put = { key, value: pinRecord.write(pin) }
          const result = await store.commit({ require: [asBefore(key, entry)], puts: [put] })
          if (result.kind === 'committed') return { kind: 'pinned', pin, before }
        }
      },
    }
  }

/** The right to take the pin of one target back, whoever set it. */
export const unpinCapability =
  (open: OpenGrant, store: Store) =>
  (context: Authorized<'unpin'>): Capabilities['unpin'] => {
    const key = keys.pin(targetOf(open(context, 'unpin')))
    return {
      async unpin(): Promise<UnpinResult> {
        for (;;) {
          const entry = await store.get(key)
          if (entry === null) return { kind: 'none' }
          const pin = pinRecord.read(entry)
          const result = await store.commit({ require: [asBefore(key, entry)], puts: [], deletes: [key] })
          if (result.kind === 'committed') return { kind: 'unpinned', pin }
        }
      },
    }
  }

function targetOf({ scope, right }: Grant): Target {
  if (scope.kind !== 'target') throw new Error(`${right} is for one target, which is not what was authorized`)
  return scope.target
}
