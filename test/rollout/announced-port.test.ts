import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEtcd, type EtcdServer } from '../../demo/etcd/start.ts'
import { createEtcdStore, type EtcdStore } from '../../src/adapters/etcd/store.ts'
import { createHealthProbe, type ClosableHealthProbe } from '../../src/adapters/health/health-probe.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { askGate, type AnnouncedPort } from '../../src/rollout/ask-gate.ts'
import { HealthWatch } from '../../src/rollout/health-watch.ts'
import { createAnnouncedPorts, createDiscovery } from '../../src/services/discovery.ts'
import { quietLog } from '../support/quiet-log.ts'
import { unit } from '../commands/fakes.ts'
import { planOf, rolloutOf } from '../support/rollouts.ts'

const gate = { kind: 'http', port: 'announced', path: '/health', timeoutMs: 2000, identity: null } as const

let etcd: EtcdServer
let store: EtcdStore
let probe: ClosableHealthProbe
let instance: Server
let announcedPort: AnnouncedPort

beforeAll(async () => {
  etcd = await startEtcd()
  probe = createHealthProbe(systemClock)
  instance = createServer((_, response) => response.end('{}'))
  await new Promise<void>((resolve) => instance.listen(0, '127.0.0.1', resolve))
})

beforeEach(() => {
  store = createEtcdStore({ endpoints: [etcd.endpoint], prefix: '/services/', timeoutMs: 20_000, clock: systemClock })
  announcedPort = createAnnouncedPorts(createDiscovery(store), (service) => service, systemClock, quietLog())
})

afterAll(async () => {
  await new Promise((resolve) => instance.close(resolve))
  await probe.close()
  await store.close()
  await etcd.stop()
})

describe('a gate at an announced port', () => {
  it('tells a port that is not announced from an etcd that does not answer', async () => {
    const address = instance.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await store.commit({ require: [], puts: [{ key: 'api/f1:api-1:8080', value: `127.0.0.1:${port}` }] })
    expect(await askGate(gate, 'api', '127.0.0.1', { probe, announcedPort })).toMatchObject({ kind: 'healthy' })
    expect(await askGate(gate, 'vape', '127.0.0.1', { probe, announcedPort })).toEqual({
      kind: 'not-announced',
      reason: 'no port is announced for the instance at 127.0.0.1',
    })
    await etcd.kill()
    const away = createAnnouncedPorts(
      createDiscovery(store.within(1500)),
      (service) => service,
      systemClock,
      quietLog(),
    )
    const answer = await askGate(gate, 'api', '127.0.0.1', { probe, announcedPort: away })
    expect(answer).toEqual({
      kind: 'unknown',
      reason: 'its port is announced in etcd, and etcd did not answer',
    })
  })

  it('counts an instance that could not be asked neither as healthy nor as down', async () => {
    const silent: AnnouncedPort = async () => ({ kind: 'unknown', reason: 'etcd did not answer' })
    const watch = new HealthWatch(probe, silent, systemClock)
    const rollout = rolloutOf(planOf({ units: ['api@1.service'], gate }))
    for (let looks = 0; looks < 2; looks += 1) {
      await watch.ask(rollout, new Map([['api@1.service', unit('api@1.service', '127.0.0.1')]]))
      await systemClock.sleep(1050)
    }
    expect(watch.seen.get('api@1.service')).toMatchObject({
      passes: 0,
      fails: 0,
      last: { kind: 'unhealthy', reason: 'its port is announced in etcd, and etcd did not answer' },
    })
  })
})
