import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEtcd, type EtcdServer } from '../../demo/etcd/start.ts'
import { createHealthProbe, type ClosableHealthProbe } from '../../src/adapters/health/health-probe.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { configSchema } from '../../src/config/schema.ts'
import { keys } from '../../src/store/keys.ts'
import { eventRecord, ownerRecord, rolloutRecord } from '../../src/store/records.ts'
import { ScriptedChat } from '../narrator/scripted-chat.ts'
import { startReplica, type Replica } from './replica.ts'
import { SmallFleet } from './small-fleet.ts'

/** What main.ts does on SIGTERM, to the first of two replicas, in the middle of a step. */

const leaseTtlMs = 60_000
const config = configSchema.parse({
  slack: { historyChannel: 'C012ABCDEF' },
  etcd: { endpoints: ['http://127.0.0.1:1'] },
  engine: { leaseTtl: '60s', rollout: { settle: '100ms' } },
  groups: { backend: { users: ['U0ANN'] }, deployers: { users: [] }, admins: { users: [] } },
  tiers: { staging: { fleet: { endpoints: ['http://127.0.0.1:1'] } } },
  services: { api: { team: 'backend', unit: 'api@.service', sidekicks: ['elb@.service', 'say@.service'] } },
})

let etcd: EtcdServer
let probe: ClosableHealthProbe
const replicas: Replica[] = []
const chat = new ScriptedChat()
const fleet = new SmallFleet(['api@1.service', 'elb@1.service', 'say@1.service'], 100)

async function start(name: string): Promise<Replica> {
  const schedulers = new Map([['staging', fleet.for(name)]])
  const replica = await startReplica(etcd, name, { config, schedulers, probe, chat })
  replicas.push(replica)
  replica.app.start()
  return replica
}

function deferred() {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve: () => resolve() }
}

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  for (const end = performance.now() + 60_000; performance.now() < end; await systemClock.sleep(20)) {
    const found = await look()
    if (found !== null) return found
  }
  throw new Error(`waited in vain for ${what}`)
}

beforeAll(async () => {
  etcd = await startEtcd()
  probe = createHealthProbe(systemClock)
})
afterAll(async () => {
  await Promise.all(replicas.map(({ app }) => app.stop(10_000)))
  await Promise.all(replicas.map(({ store }) => store.close()))
  await probe.close()
  await etcd.stop()
})

describe('a replica that is told to end in the middle of a step', () => {
  it('finishes the step, lets go of rollout and thread at once, and the other goes on in the same thread', async () => {
    const first = await start('first')
    const [midStep, told] = [deferred(), deferred()]
    // The first of two calls of one step lasts until the process was told.
    fleet.onCall = async (verb, unit) => {
      if (verb !== 'stop' || unit !== 'elb@1.service') return
      midStep.resolve()
      await told.promise
    }
    const asking = first.app.handle({
      text: 'deploy api staging',
      user: { id: 'U0ANN', name: 'ann' },
      place: { channel: 'C1', thread: null },
      requestKey: 'slash:1',
      source: 'slash',
      reply: async () => undefined,
    })
    const { store } = first
    const by = async (key: string): Promise<string | null> => {
      const entry = await store.get(key)
      return entry === null ? null : ownerRecord.read(entry).driver
    }
    await asking
    expect(await until('a driver', () => by(keys.owner(1)))).toBe('first')
    expect(await until('a narrator', () => by(keys.narrator(1)))).toBe('first')
    const second = await start('second')
    await midStep.promise
    const toldAt = performance.now()
    const stopping = first.app.stop(10_000)
    told.resolve()
    await stopping
    const took = performance.now() - toldAt
    // Nothing of its own is under way any more, and the keys are not its own: long before the leases would have ended.
    expect(await by(keys.owner(1))).not.toBe('first')
    expect(await by(keys.narrator(1))).not.toBe('first')
    expect(took).toBeLessThan(10_000)
    const byFirst = fleet.made.filter((one) => one.by === 'first')
    expect(byFirst.filter(({ killed }) => killed)).toEqual([])
    // The two were made at once.
    expect(
      byFirst
        .slice(-2)
        .map(({ verb, unit }) => `${verb} ${unit}`)
        .toSorted(),
    ).toEqual(['stop elb@1.service', 'stop say@1.service'])

    expect(await until('the other to drive it', () => by(keys.owner(1)))).toBe('second')
    expect(await until('the other to tell it', () => by(keys.narrator(1)))).toBe('second')
    expect(performance.now() - toldAt).toBeLessThan(leaseTtlMs / 2)
    await until('its end', async () => ((await store.get(keys.telling(1))) === null ? true : null))
    const entry = await second.store.get(keys.rollout(1))
    expect(entry === null ? null : rolloutRecord.read(entry).phase).toBe('succeeded')
    expect(fleet.made.filter((one) => one.by === 'first')).toEqual(byFirst)
    const stopped = fleet.made.filter(({ verb }) => verb === 'stop').map(({ unit }) => unit)
    expect([...stopped.slice(0, 2).toSorted(), ...stopped.slice(2)]).toEqual([
      'elb@1.service',
      'say@1.service',
      'api@1.service',
    ])
    const events = (await store.range(keys.events(1))).entries.map((one) => eventRecord.read(one).fact)
    expect(events.filter(({ kind }) => kind === 'driven')).toEqual([
      { kind: 'driven', driver: 'first', again: false },
      { kind: 'driven', driver: 'second', again: true },
    ])
    const lines = chat.at('C1', true).flatMap(({ message }) => message.text.split('\n'))
    expect(chat.at('C1', false)).toHaveLength(1)
    expect(lines.filter((line) => line === 'Taken up again by second.')).toHaveLength(1)
    expect(new Set(lines).size).toBe(lines.length)
    expect(lines.at(-1)).toContain('succeeded')
  }, 120_000)
})
