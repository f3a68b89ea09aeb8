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

const api = { service: 'api', unit: 'api@1.service', ip: '127.0.0.1' }

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

/** Writes announcements, 100 in one transaction. */
async function announce(entries: readonly (readonly [string, string])[]): Promise<void> {
  for (let at = 0; at < entries.length; at += 100) {
    const puts = entries.slice(at, at + 100).map(([key, value]) => ({ key, value }))
    await store.commit({ require: [], puts })
  }
}

describe('a gate at an announced port', () => {
  it('finds the port behind 5,100 announcements of other services, also where these begin like its own name', async () => {
    const others = Array.from({ length: 2550 }, (_, index) => [
      [`aaa/f${index}:aaa-1:80`, '10.1.1.1:80'] as const,
      [`busy-web/f${index}:busy-web-1:80`, '10.1.1.1:80'] as const,
    ])
    await announce([
      ...others.flat(),
      ['busy/f1:busy-1:8080', '10.0.0.11:32001'],
      ['busy-9090/f2:busy-2:9090', '10.0.0.12:32002'],
    ])
    const find = (ip: string) => announcedPort({ service: 'busy', unit: 'busy@1.service', ip, containerPort: null })
    expect(await find('10.0.0.11')).toEqual({ kind: 'port', port: 32_001 })
    expect(await find('10.0.0.12')).toEqual({ kind: 'port', port: 32_002 })
    expect(await find('10.0.0.13')).toEqual({ kind: 'not-announced' })
    const all = await createDiscovery(store).announced('all')
    expect(all.complete).toBe(true)
    expect(all.list.filter(({ service }) => service === 'busy')).toHaveLength(1)
    const many = await createDiscovery(store).announced(['a', 'b', 'c', 'd', 'busy'])
    expect(new Set(many.list.map(({ port }) => port))).toEqual(new Set([32_001, 32_002]))
  })

  it('takes another configured service for no port of this one', async () => {
    await announce([['dns-53/f1:dns-53-1:53', '10.0.0.11:32053']])
    expect((await createDiscovery(store).announced(['dns'])).list).toHaveLength(1)
    expect((await createDiscovery(store, new Set(['dns', 'dns-53'])).announced(['dns'])).list).toEqual([])
  })

  it('asks the TCP port where a UDP port sorts before it', async () => {
    const address = instance.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await announce([
      ['mixed-53/f1:mixed-1:53:udp', '127.0.0.1:53'],
      ['mixed-8080/f1:mixed-1:8080', `127.0.0.1:${port}`],
    ])
    const mixed = { ...api, service: 'mixed' }
    expect(await askGate(gate, mixed, { probe, announcedPort })).toMatchObject({ kind: 'healthy' })
  })

  it('does not know the port where a value cannot be read, or the list is too long', async () => {
    await announce([['odd/f1:odd-1:8080', 'nonsense']])
    expect(await announcedPort({ ...api, service: 'odd', containerPort: null })).toEqual({
      kind: 'unknown',
      reason: 'odd/f1:odd-1:8080 there does not hold ip:port',
    })
    const endless: Pick<EtcdStore, 'get' | 'range' | 'watch'> = {
      get: (key) => store.get(key),
      watch: (...words) => store.watch(...words),
      range: async (prefix, options) => ({ ...(await store.range(prefix, options)), more: true }),
    }
    const find = createAnnouncedPorts(createDiscovery(endless), (service) => service, systemClock, quietLog())
    expect(await find({ ...api, service: 'none', containerPort: null })).toEqual({
      kind: 'unknown',
      reason: 'the list there is too long to be read in full',
    })
  })

  it('names all ports that fit, and counts the instance neither as healthy nor as down', async () => {
    await announce([
      ['twice-8080/f1:twice-1:8080', '127.0.0.1:32001'],
      ['twice-9090/f1:twice-1:9090', '127.0.0.1:32002'],
    ])
    const answer = await askGate(gate, { ...api, service: 'twice' }, { probe, announcedPort })
    expect(answer).toEqual({
      kind: 'unknown',
      reason: expect.stringContaining('container port 8080 at port 32001 and container port 9090 at port 32002'),
    })
  })

  it('tells a port that is not announced from an etcd that does not answer', async () => {
    const address = instance.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await store.commit({ require: [], puts: [{ key: 'api/f1:api-1:8080', value: `127.0.0.1:${port}` }] })
    expect(await askGate(gate, api, { probe, announcedPort })).toMatchObject({ kind: 'healthy' })
    expect(await askGate(gate, { ...api, service: 'vape' }, { probe, announcedPort })).toEqual({
      kind: 'not-announced',
      reason: 'no port is announced for the instance at 127.0.0.1',
    })
    expect(await announcedPort({ ...api, ip: '10.9.9.9', containerPort: null })).toEqual({ kind: 'not-announced' })
    await etcd.kill()
    const away = createAnnouncedPorts(
      createDiscovery(store.within(1500)),
      (service) => service,
      systemClock,
      quietLog(),
    )
    const answer = await askGate(gate, api, { probe, announcedPort: away })
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
