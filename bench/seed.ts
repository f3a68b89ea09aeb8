import { createEtcdStore } from '../src/adapters/etcd/store.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import type { Fact } from '../src/domain/event.ts'
import type { Rollout } from '../src/domain/rollout.ts'
import type { Entry, Put, StoreReader, StoreWriter } from '../src/ports/store.ts'
import { endingWrites } from '../src/rollout/ending.ts'
import { keys } from '../src/store/keys.ts'
import { counterRecord, eventRecord, rolloutRecord } from '../src/store/records.ts'
import { ann, channel, prefix, tier, type ShopService } from './shop.ts'

/** In one transaction, under etcd's 128 operations. */
const putsAtOnce = 120
/** Transactions under way at once. */
const writers = 8
const minute = 60_000

/**
 * Writes so many ended rollouts straight into etcd, each as the engine leaves it: the record, two of its events, both
 * rows of the history with their counters, the target's last good release. Answers how many keys there are.
 */
export async function seedRollouts(etcd: string, services: readonly ShopService[], count: number): Promise<number> {
  const store = createEtcdStore({ endpoints: [etcd], prefix, timeoutMs: 30_000, clock: systemClock })
  try {
    return await seed(store, services, count)
  } finally {
    await store.close()
  }
}

async function seed(store: StoreWriter, services: readonly ShopService[], count: number): Promise<number> {
  const counters = new Map<string, string>()
  const current = new Map<string, string>()
  const reader = readerOf(counters)
  const running = new Set<Promise<unknown>>()
  const begin = Date.now() - count * minute
  let keysWritten = 0
  let pending: Put[] = []
  const flush = async (): Promise<void> => {
    const puts = pending
    pending = []
    keysWritten += puts.length
    const write: Promise<unknown> = store.commit({ require: [], puts }).finally(() => running.delete(write))
    running.add(write)
    if (running.size >= writers) await Promise.race(running)
  }
  for (let id = 1; id <= count; id++) {
    const service = services[id % services.length]
    if (service === undefined) throw new Error('there is no service')
    const puts = await putsOf(reader, endedRollout(id, service, begin + id * minute))
    for (const put of puts) {
      // Keys that each rollout writes anew are written once, in the end.
      if (put.key.startsWith('counters/')) counters.set(put.key, put.value)
      else if (put.key.startsWith(keys.targets)) current.set(put.key, put.value)
      else pending.push(put)
    }
    if (pending.length > putsAtOnce - puts.length) await flush()
  }
  counters.set(keys.rolloutCounter, counterRecord.write({ last: count }))
  for (const [key, value] of [...counters, ...current]) {
    pending.push({ key, value })
    if (pending.length === putsAtOnce) await flush()
  }
  await flush()
  await Promise.all(running)
  return keysWritten
}

async function putsOf(reader: StoreReader, rollout: Rollout): Promise<readonly Put[]> {
  const { id, createdAt, endedAt, requestedBy } = rollout
  const reason = `all ${rollout.instances.length} instances are replaced and steady`
  const ended: Fact = { kind: 'ended', phase: rollout.phase, reason, journal: [], noJournal: null }
  const writes = await endingWrites(reader, { phase: 'rolling' }, rollout, [ended])
  const event = (seq: number, at: number, fact: Fact): Put => ({
    key: keys.event(id, seq),
    value: eventRecord.write({ rollout: id, seq, at, fact }),
  })
  return [
    { key: keys.rollout(id), value: rolloutRecord.write(rollout) },
    event(1, createdAt, { kind: 'accepted', by: requestedBy, retryOf: null }),
    event(2, endedAt ?? createdAt, ended),
    ...writes.puts,
  ]
}

/** Knows the counters alone: they are all that the end of a rollout reads. */
function readerOf(counters: ReadonlyMap<string, string>): StoreReader {
  const get = (key: string): Promise<Entry | null> => {
    const value = counters.get(key)
    return Promise.resolve(value === undefined ? null : { key, value, modified: '1', created: '1' })
  }
  const none = (): never => {
    throw new Error('only the counters are read here')
  }
  return { get, range: none, watch: none }
}

/** Three instances, one at a time. */
function endedRollout(id: number, service: ShopService, at: number): Rollout {
  const units = service.units.slice(0, 3)
  const machine = { id: 'ab'.repeat(16), ip: '10.0.0.11' }
  return {
    id,
    plan: {
      kind: 'deploy',
      service: service.name,
      tier,
      unit: service.unit,
      batches: units.map((unit) => [
        {
          unit,
          task: 'replace',
          renews: [],
          sidekicks: [],
          machine,
          state: 'active/running',
          serving: true,
          stopped: false,
          identity: null,
          runs: null,
        },
      ]),
      others: [],
      canary: false,
      atOnce: 1,
      gate: { kind: 'none' },
      settleMs: 2000,
      progressDeadlineMs: 300_000,
      warnings: [],
      scale: null,
      release: null,
      rollback: null,
      preparation: null,
      canarySteadyMs: 0,
      hash: '0123456789ab',
    },
    phase: 'succeeded',
    ending: null,
    release: null,
    rollback: null,
    preparation: null,
    canaryPassed: false,
    heard: null,
    instances: units.map((unit, batch) => ({
      unit,
      task: 'replace',
      renews: [],
      sidekicks: [],
      batch,
      stage: 'done',
      since: at + (batch + 1) * 8000,
      attempt: 0,
      drops: 0,
      calls: 2,
      replaced: true,
      before: { machine: machine.id, ip: machine.ip, identity: null },
      runs: null,
      machine,
      startedAt: at + batch * 8000,
      finishedAt: at + (batch + 1) * 8000,
      note: null,
      seen: [],
    })),
    batch: units.length - 1,
    requestedBy: { id: ann, name: 'ann' },
    takenBy: null,
    command: `deploy ${service.name} ${tier}`,
    reason: null,
    place: { channel, thread: null },
    audit: id,
    retryOf: null,
    next: [],
    typed: { batch: null, canary: null, force: false },
    waiting: null,
    createdAt: at,
    begunAt: null,
    endedAt: at + 25_000,
    driver: 'bench:1',
    held: null,
    pause: null,
    stuck: null,
    spentMs: 0,
    seq: 2,
  }
}
