import { afterAll, beforeAll, expect, it } from 'vitest'
import { startEtcd, type EtcdServer } from '../../demo/etcd/start.ts'
import { createHealthProbe, type ClosableHealthProbe } from '../../src/adapters/health/health-probe.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { configSchema } from '../../src/config/schema.ts'
import type { RegistryReader, RegistryWriter } from '../../src/ports/registry.ts'
import { keys } from '../../src/store/keys.ts'
import { currentRecord } from '../../src/store/records.ts'
import { ScriptedChat } from '../narrator/scripted-chat.ts'
import { digestOf, releaseOf } from '../support/releases.ts'
import { startReplica, type Replica } from './replica.ts'
import { SmallFleet } from './small-fleet.ts'

/** Two replicas on a real etcd that look by themselves whether what runs is what was rolled out. */

const config = configSchema.parse({
  slack: { historyChannel: 'C0HISTORY' },
  etcd: { endpoints: ['http://127.0.0.1:1'] },
  engine: { leaseTtl: '3s' },
  registry: {},
  drift: { every: '200ms' },
  groups: { backend: { users: ['U0ANN'] }, deployers: { users: [] }, admins: { users: [] } },
  tiers: { production: { fleet: { endpoints: ['http://127.0.0.1:1'] }, historyChannel: 'C0PRODUCTION' } },
  services: { api: { team: 'backend', unit: 'api@.service', image: 'quay.io/opsee/api' } },
})

/** Its one tag, and how often it was asked for it. */
class OneTag implements RegistryReader, RegistryWriter {
  readonly moveTimeoutMs = 1000
  digest = digestOf('1')
  asked = 0
  async manifest() {
    this.asked += 1
    return { digest: this.digest, mediaType: 'application/json', bytes: 1 }
  }
  async moveTag() {
    return { kind: 'moved' as const }
  }
  async tags() {
    return ['production']
  }
  async labels() {
    return { revision: null, version: null, source: null, builtAt: null }
  }
}

let etcd: EtcdServer
let probe: ClosableHealthProbe
const replicas = new Set<Replica>()

beforeAll(async () => {
  etcd = await startEtcd()
  probe = createHealthProbe(systemClock)
})
afterAll(async () => {
  await Promise.all([...replicas].map(end))
  await probe.close()
  await etcd.stop()
})

async function end(replica: Replica): Promise<void> {
  replicas.delete(replica)
  await replica.app.stop(5000)
  await replica.store.close()
}

async function until(what: string, so: () => boolean): Promise<void> {
  for (const late = performance.now() + 40_000; performance.now() < late; await systemClock.sleep(20)) if (so()) return
  throw new Error(`waited in vain for ${what}`)
}

it('tells once that a tag was moved outside and once that it is back, though the replica that told it is replaced', async () => {
  const registry = new OneTag()
  const chat = new ScriptedChat()
  const fleet = new SmallFleet(['api@1.service'], 10)
  const start = async (name: string): Promise<Replica> => {
    const schedulers = new Map([['production', fleet.for(name)]])
    const replica = await startReplica(etcd, name, { config, schedulers, probe, chat, registry })
    replicas.add(replica)
    replica.app.start()
    return replica
  }
  const lines = () => chat.at('C0PRODUCTION', false).map(({ message }) => message.text)
  const moreLooks = async () => {
    const to = registry.asked + 4
    await until('more looks', () => registry.asked >= to)
  }

  const one = await start('one')
  const current = { id: 7, at: 0, by: { id: 'U0ANN', name: 'ann' }, release: releaseOf('1') }
  await one.store.commit({
    require: [],
    puts: [{ key: keys.current({ service: 'api', tier: 'production' }), value: currentRecord.write(current) }],
  })
  const two = await start('two')
  await moreLooks()
  expect(lines()).toEqual([])

  registry.digest = digestOf('2')
  const told = [
    expect.stringMatching(
      /^`api` in production has parted from what was rolled out: the tag production of quay.io\/opsee\/api names sha256:2{12}, and rollout 7 left v1 .* · `\/opsee drift production` shows it all$/,
    ),
  ]
  await until('the line', () => lines().length > 0)
  await moreLooks()
  expect(lines()).toEqual(told)

  // Whichever of them looks: both are replaced in turn.
  await start('three')
  await end(one)
  await end(two)
  await moreLooks()
  expect(lines()).toEqual(told)

  registry.digest = digestOf('1')
  await until('the end of it', () => lines().length > 1)
  await moreLooks()
  expect(lines()).toEqual([...told, '`api` in production is as it was left again.'])
}, 120_000)
