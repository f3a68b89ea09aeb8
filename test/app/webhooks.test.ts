import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startEtcd, type EtcdServer } from '../../demo/etcd/start.ts'
import { createHealthProbe, type ClosableHealthProbe } from '../../src/adapters/health/health-probe.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { createWebhookSender } from '../../src/adapters/webhooks/sender.ts'
import { configSchema } from '../../src/config/schema.ts'
import { keys } from '../../src/store/keys.ts'
import { rolloutRecord } from '../../src/store/records.ts'
import { Receiver, secret } from '../adapters/webhooks/receiver.ts'
import { ScriptedChat } from '../narrator/scripted-chat.ts'
import { quietLog } from '../support/quiet-log.ts'
import { startReplica, type Replica } from './replica.ts'
import { SmallFleet } from './small-fleet.ts'

/** Rollouts announced outward by two replicas: a real etcd and real receivers; the chat and the fleet are scripted. */

const shop = {
  slack: { historyChannel: 'C0HISTORY' },
  etcd: { endpoints: ['http://127.0.0.1:1'] },
  engine: { leaseTtl: '5s', rollout: { settle: '50ms' } },
  groups: { backend: { users: ['U0ANN'] }, deployers: { users: [] }, admins: { users: [] } },
  tiers: { staging: { fleet: { endpoints: ['http://127.0.0.1:1'] } } },
  services: {
    api: { team: 'backend', unit: 'api@.service' },
    web: { team: 'backend', unit: 'web@.service' },
  },
}

let etcd: EtcdServer
let probe: ClosableHealthProbe
const ends: (() => Promise<unknown>)[] = []

class Lab {
  readonly replicas: Replica[] = []
  readonly log = quietLog()
  readonly chat = new ScriptedChat()
  readonly #fleet = new SmallFleet(['api@1.service', 'web@1.service'], 10)
  readonly #webhooks: readonly object[]
  #keys = 0

  constructor(webhooks: readonly object[]) {
    this.#webhooks = webhooks
  }

  async start(name: string): Promise<Replica> {
    const config = configSchema.parse({ ...shop, webhooks: this.#webhooks })
    const schedulers = new Map([['staging', this.#fleet.for(name)]])
    const webhooks = createWebhookSender({ secret, timeoutMs: 800 }, systemClock)
    const { chat, log } = this
    const replica = await startReplica(etcd, name, { config, schedulers, probe, chat, log, webhooks })
    replica.app.start()
    this.replicas.push(replica)
    ends.push(async () => {
      await replica.app.stop(5000)
      await webhooks.close()
      await replica.store.close()
    })
    return replica
  }

  /** Types it, and waits until all that it began is over. Milliseconds that this took. */
  async deploy(text: string, replica = this.replicas[0]): Promise<number> {
    const before = performance.now()
    const place = { channel: 'C1', thread: null }
    const key = `slash:${(this.#keys += 1)}`
    const reply = await replica?.app.dispatch({
      text,
      actor: { id: 'U0ANN', name: 'ann' },
      place,
      key,
      source: 'slash',
    })
    if (reply?.outcome !== 'done') throw new Error(reply?.message.text)
    for (const id of reply?.rollouts ?? []) {
      await until(`rollout ${id} to end`, async () => {
        const entry = await replica?.store.get(keys.rollout(id))
        return entry !== null && entry !== undefined && rolloutRecord.read(entry).endedAt !== null
      })
    }
    return performance.now() - before
  }
}

async function until(what: string, look: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = performance.now() + 40_000; performance.now() < end; await systemClock.sleep(20)) {
    if (await look()) return
  }
  throw new Error(`waited in vain for ${what}`)
}

async function newReceiver(): Promise<Receiver> {
  const receiver = new Receiver()
  await receiver.start()
  ends.push(() => receiver.die())
  return receiver
}

/** Two replicas that have begun to tell each receiver. */
async function lab(webhooks: readonly object[]): Promise<Lab> {
  const of = new Lab(webhooks)
  const first = await of.start('one')
  await of.start('two')
  await until('both receivers to be somebody’s', async () => {
    return (await first.store.range(keys.announcers)).entries.length === webhooks.length
  })
  return of
}

const eventsOf = (receiver: Receiver): string[] => receiver.heard.map(({ event }) => event)

beforeAll(async () => {
  etcd = await startEtcd()
  probe = createHealthProbe(systemClock)
})
afterEach(async () => {
  const wipe = await startReplica(etcd, 'wipe', {
    config: configSchema.parse(shop),
    schedulers: new Map(),
    probe,
    chat: new ScriptedChat(),
  })
  for (const end of ends.splice(0)) await end()
  const all = (await wipe.store.range('', { keysOnly: true })).entries.map(({ key }) => key)
  for (let from = 0; from < all.length; from += 100) {
    await wipe.store.commit({ require: [], puts: [], deletes: all.slice(from, from + 100) })
  }
  await wipe.store.close()
})
afterAll(async () => {
  await probe.close()
  await etcd.stop()
})

describe('a rollout announces itself', () => {
  it('to each receiver once, in order, signed, and as far as that one wants to hear', async () => {
    const [all, some, none] = [await newReceiver(), await newReceiver(), await newReceiver()]
    const of = await lab([
      { url: all.url },
      { url: some.url, events: ['ended'], services: ['api'], tiers: ['staging'] },
      { url: none.url, services: ['web'], events: ['stuck'] },
    ])
    await of.deploy('deploy api staging --reason "password=hunter22"')
    await of.deploy('deploy web staging')
    await until('all to be told', () => all.heard.length >= 4)
    expect(all.heard.map(({ id, event }) => `${id.split('.')[0]} ${event}`)).toEqual([
      'r1 accepted',
      'r1 ended',
      'r2 accepted',
      'r2 ended',
    ])
    expect(all.heard.every(({ signed }) => signed)).toBe(true)
    expect(all.heard[1]?.body).toMatchObject({
      id: all.heard[1]?.id,
      event: 'ended',
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      rollout: { id: 1, kind: 'deploy', service: 'api', tier: 'staging', phase: 'succeeded', instances: 1, done: 1 },
    })
    expect(all.heard[1]?.body).toMatchObject({ rollout: { reason: 'password=‹secret›' } })
    expect(JSON.stringify(all.heard)).not.toContain('hunter22')
    expect(all.heard[0]?.body).toMatchObject({ by: { id: 'U0ANN', name: 'ann' } })
    await until('the others to be told', () => some.heard.length > 0)
    expect(some.heard.map(({ id }) => id)).toEqual([all.heard[1]?.id])
    expect(none.asked).toBe(0)
    expect(of.log.lines.join()).not.toContain('in-the-address')
  }, 60_000)

  it('while a receiver hangs, another dies and comes back, and no rollout and no thread waits for them', async () => {
    const [well, dead, hung] = [await newReceiver(), await newReceiver(), await newReceiver()]
    hung.instead = () => undefined
    const of = await lab([well, dead, hung].map(({ url }) => ({ url, events: ['ended'] })))
    await dead.die()
    await of.deploy('deploy api staging')
    await of.deploy('deploy web staging')
    await until('the threads to be told', () => of.chat.at('C0HISTORY', false).length === 2)
    await until('the one that is well to be told', () => well.heard.length === 2)
    expect([dead.heard, hung.heard]).toEqual([[], []])
    await dead.start()
    hung.instead = (response) => response.writeHead(500).end()
    await until('the one that came back to be told', () => dead.heard.length === 2)
    hung.instead = null
    await until('the one that hung to be told', () => hung.heard.length === 2)
    for (const one of [well, dead, hung])
      expect(one.heard.map(({ body }) => body['id'])).toEqual(well.heard.map(({ id }) => id))
    expect(of.log.lines.filter((line) => line.includes('does not take an event'))).toHaveLength(2)
    expect(of.log.lines.filter((line) => line.includes('answers again'))).toHaveLength(2)
  }, 90_000)

  it('and goes on with another replica where the first one ended', async () => {
    const receiver = await newReceiver()
    const of = new Lab([{ url: receiver.url, events: ['accepted', 'ended'] }])
    const first = await of.start('one')
    await until(
      'it to be told by somebody',
      async () => (await first.store.range(keys.announcers)).entries.length === 1,
    )
    receiver.takes = 0
    await of.deploy('deploy api staging')
    await of.deploy('deploy web staging')
    // The first event was read when there was no other; those behind it are told in one turn, and the process ends in it.
    receiver.takes = 2
    await until('two to be told, and a third to be tried', () => receiver.takes < 0)
    await first.app.stop(5000)
    receiver.takes = Infinity
    await of.start('two')
    await until('the rest to be told', () => receiver.heard.length >= 4)
    expect(receiver.heard.map(({ id, event }) => `${id.split('.')[0]} ${event}`)).toEqual([
      'r1 accepted',
      'r1 ended',
      'r2 accepted',
      'r2 ended',
    ])
  }, 60_000)

  it('and gives up what nobody took for too long, says so in the log, and goes on with what is new', async () => {
    const receiver = await newReceiver()
    const of = await lab([{ url: receiver.url, events: ['ended'], giveUpAfter: '2s' }])
    receiver.instead = (response) => response.writeHead(503).end()
    await of.deploy('deploy api staging')
    await until('it to be given up', () => of.log.lines.some((line) => line.includes('is given up')))
    receiver.instead = null
    await of.deploy('deploy web staging')
    await until('the next to be told', () => receiver.heard.length > 0)
    expect(eventsOf(receiver)).toEqual(['ended'])
    expect(receiver.heard[0]?.body).toMatchObject({ rollout: { id: 2 } })
    const given = of.log.lines.find((line) => line.includes('is given up'))
    expect(given).toMatch(/^error .*"id":"r1\.e\d+","event":"ended","reason":"HTTP 503"/)
  }, 60_000)
})
