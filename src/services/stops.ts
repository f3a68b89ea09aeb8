import type { Authorized, OpenGrant } from '../authorization/door.ts'
import type { Grant } from '../authorization/rights.ts'
import type { Stop } from '../domain/stop.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import { readEach } from '../store/record.ts'
import { stopRecord } from '../store/records.ts'
import type { Capabilities, Readers } from './capabilities.ts'
import type { GoResult, StopResult } from './hold-results.ts'

type Store = StoreReader & StoreWriter
type Live = Pick<Readers['rollouts'], 'allLive'>

/** The stops in force. */
export function createStopReader(store: StoreReader): Readers['stops'] {
  return {
    async all() {
      const { entries } = await store.range(keys.stops)
      const { records, unreadable } = readEach(entries, stopRecord)
      return { records: records.filter((one) => one.kind === 'stop'), unreadable }
    },
    async on(tier) {
      const entry = await store.get(keys.stop(tier))
      const last = entry === null ? null : stopRecord.read(entry)
      return last?.kind === 'stop' ? last : null
    },
  }
}

/** Stops a tier, for whoever the door let through. The first stop stands, with its reason, until a `go`. */
export const stopCapability =
  (open: OpenGrant, store: Store, clock: Clock, rollouts: Live) =>
  (context: Authorized<'stop'>): Capabilities['stop'] => {
    const grant = open(context, 'stop')
    const tier = tierOf(grant)
    return {
      async stop(why): Promise<StopResult> {
        for (;;) {
          const entry = await store.get(keys.stop(tier))
          const before = entry === null ? null : stopRecord.read(entry)
          if (before?.kind === 'stop') return { kind: 'already', stop: before }
          const stop = wordOf(grant, 'stop', tier, why, clock)
          const put = { key: keys.stop(tier), value: stopRecord.write(stop) }
          const result = await store.commit({ require: [asBefore(put.key, entry)], puts: [put] })
          if (result.kind === 'committed') return { kind: 'stopped', stop, live: await liveIn(tier, rollouts) }
        }
      },
    }
  }

export const goCapability =
  (open: OpenGrant, store: Store, clock: Clock, rollouts: Live) =>
  (context: Authorized<'go'>): Capabilities['go'] => {
    const grant = open(context, 'go')
    const tier = tierOf(grant)
    return {
      async go(why): Promise<GoResult> {
        for (;;) {
          const entry = await store.get(keys.stop(tier))
          const before = entry === null ? null : stopRecord.read(entry)
          if (before?.kind !== 'stop') return { kind: 'not-stopped', last: before }
          // It is not deleted: each rollout that it held says who let it go on.
          const put = { key: keys.stop(tier), value: stopRecord.write(wordOf(grant, 'go', tier, why, clock)) }
          const result = await store.commit({ require: [asBefore(put.key, entry)], puts: [put] })
          if (result.kind === 'committed') return { kind: 'going', stop: before, live: await liveIn(tier, rollouts) }
        }
      },
    }
  }

function tierOf({ scope, right }: Grant): string {
  if (scope.kind !== 'tier') throw new Error(`${right} is for a whole tier, which is not what was authorized`)
  return scope.tier
}

const wordOf = ({ actor, audit }: Grant, kind: Stop['kind'], tier: string, why: string | null, clock: Clock): Stop => ({
  kind,
  tier,
  by: { id: actor.id, name: actor.name },
  why,
  at: clock.now(),
  audit,
})

const liveIn = async (tier: string, rollouts: Live): Promise<readonly number[]> =>
  (await rollouts.allLive()).records.filter((one) => one.plan.tier === tier).map((one) => one.id)
