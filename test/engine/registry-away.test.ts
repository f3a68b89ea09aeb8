import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pushImage } from '../../demo/registry/push-image.ts'
import { startRegistry, type RegistryServer } from '../../demo/registry/start.ts'
import { createRegistry, type Registry } from '../../src/adapters/registry/registry.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { Plan } from '../../src/domain/plan.ts'
import type { Release } from '../../src/domain/release.ts'
import { releaseStateText } from '../../src/domain/release-words.ts'
import { startEngineLab, type EngineLab } from '../support/engine-lab.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startRegistryProxy, type RegistryProxy } from '../support/registry-proxy.ts'

/** The engine on a real registry that is away at one step after the other, on a real etcd and over processes that pull from it. */

const root = path.resolve(import.meta.dirname, '..', '..')
const at = { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' } as const
const proof = { by: 'health', field: 'digest' } as const
const gate: Plan['gate'] = {
  kind: 'http',
  port: 8080,
  path: '/health',
  timeoutMs: 1000,
  identity: 'started_at',
  says: 'digest',
}
const unitFile = `[Unit]
Description=api %i

[Service]
EnvironmentFile=/etc/environment
ExecStartPre=-/usr/bin/docker rm -f %p-%i
ExecStartPre=/usr/bin/docker pull quay.io/opsee/api:production
ExecStart=/usr/bin/docker run --name %p-%i -p 8080:8080 quay.io/opsee/api:production
ExecStop=/usr/bin/docker stop -t 5 %p-%i

[X-Fleet]
Conflicts=api@*.service
`

let server: RegistryServer
let proxy: RegistryProxy
let registry: Registry
let lab: EngineLab
const ends: (() => Promise<void>)[] = []
let v1: Release
let bad: Release
let v3: Release
const pushed = async (tag: string, fault: 'none' | 'crash'): Promise<Release> => {
  const image = { version: tag, revision: tag, fault, pullSeconds: 0 }
  const digest = await pushImage(server.url, 'opsee/api', tag, image)
  return { digest, tag, revision: null, version: null, source: null, builtAt: null }
}
const named = async (): Promise<string | null> => (await registry.manifest(at.image, at.tag))?.digest ?? null

beforeAll(async () => {
  const folder = await temporaryFolder('registry-away')
  ends.push(() => folder.remove())
  server = await startRegistry()
  ends.push(() => server.stop())
  v1 = await pushed('v1', 'none')
  bad = await pushed('v2', 'crash')
  v3 = await pushed('v3', 'none')
  await pushImage(server.url, 'opsee/api', at.tag, { version: 'v1', revision: 'v1', fault: 'none', pullSeconds: 0 })
  proxy = await startRegistryProxy(server.url)
  ends.push(() => proxy.close())
  const hosts = new Map([['quay.io', { url: proxy.url, login: null }]])
  registry = createRegistry({ hosts, timeoutMs: 1500, moveTimeoutMs: 4000 }, systemClock)
  ends.push(() => registry.close())
  const env = {
    TIER: at.tag,
    SHOP_HOME: folder.path,
    SHOP_REGISTRY: server.url,
    SHOP_NODE: process.execPath,
    SHOP_CODE: path.join(root, 'dist', 'demo', 'shop'),
  }
  const aliases = { '/usr/bin/docker': path.join(root, 'demo', 'shop', 'docker') }
  lab = await startEngineLab({ shop: { unitFile, fleet: { env, aliases }, registry } })
  ends.push(() => lab.end())
})
afterAll(async () => {
  for (const end of ends.toReversed()) await end()
})
beforeEach(() => proxy.decide(() => 'well'))

/** One or two instances: what is to be seen is seen on the first, and on the next. */
const begin = async (to: Release, units: readonly string[], rollback: Plan['rollback'] = null): Promise<number> => {
  const release = { at, from: await named(), to, proof }
  const plan = await lab.plan({ gate, release, only: { units, why: 'named' } })
  return lab.begin({ ...plan, progressDeadlineMs: 90_000, rollback })
}
const kinds = async (id: number): Promise<readonly string[]> =>
  (await lab.rollouts.events(id)).records.map(({ fact }) => fact.kind)
const seenAs = async (unit: string, state: RegExp): Promise<void> => {
  const isSo = (text: string): boolean => text.split('\n').some((line) => line.startsWith(unit) && state.test(line))
  for (let tries = 0; tries < 300; tries++) {
    if (isSo(await lab.fleetctl('list-units', '--no-legend'))) return
    await systemClock.sleep(100)
  }
  throw new Error(`${unit} was never seen as ${String(state)}`)
}
const held = async (id: number, times: number): Promise<void> => {
  await lab.until(id, (rollout) => rollout.held?.by === 'release')
  expect((await kinds(id)).filter((kind) => kind === 'held')).toHaveLength(times)
}

describe('A registry that is away', () => {
  it('before the move, after it was done, and while it rolls, stops nobody and loses nothing', async () => {
    proxy.decide(() => 'silence')
    const away = await lab.wanted.read(at)
    expect(away).toEqual({ kind: 'unknown', reason: expect.stringContaining('did not answer within') })
    proxy.decide(() => 'well')
    const id = await begin(v3, ['api@1.service', 'api@2.service'])
    proxy.decide(() => 'silence')
    const driving = lab.drive(id)
    await held(id, 1)
    expect((await lab.rollouts.get(id))?.instances.map(({ stage }) => stage)).toEqual(['waiting', 'waiting'])

    // The push is done, and nobody hears of it.
    proxy.decide((method) => (method === 'PUT' ? 'lost-answer' : 'well'))
    await lab.until(id, ({ instances }) => instances[0]?.stage !== 'waiting')
    expect(proxy.fates.filter((fate) => fate.startsWith('PUT'))).toEqual(['PUT lost-answer'])

    proxy.decide(() => 'silence')
    await lab.until(id, ({ instances }) => instances[0]?.stage === 'done')
    await held(id, 2)
    expect((await lab.rollouts.get(id))?.instances[1]?.stage).toBe('waiting')
    proxy.decide(() => 'well')
    expect(await driving).toBe('ended')
    const rollout = await lab.expectPhase(id, 'succeeded')
    expect(rollout.instances.map(({ runs }) => runs)).toEqual([v3.digest, v3.digest])
    expect(await named()).toBe(v3.digest)
    expect(releaseStateText(rollout)).toBeNull()
    const told = (await lab.rollouts.events(id)).records.flatMap(({ fact }) =>
      fact.kind === 'held' ? [fact.reason] : [],
    )
    expect(told).toEqual(Array(2).fill(expect.stringContaining('did not answer within')))
  })

  it('while it is taken back is asked again, and all of it comes back', async () => {
    const back = { to: v3, id: 1, afterMs: 500 }
    const id = await begin(bad, ['api@1.service'], back)
    const driving = lab.drive(id)
    await lab.until(id, ({ phase }) => phase === 'rolling-back')
    let refused = 0
    proxy.decide((method) => (method === 'PUT' && (refused += 1) <= 2 ? 'broken' : 'well'))
    expect(await driving).toBe('ended')
    const rollout = await lab.expectPhase(id, 'rolled-back')
    expect(refused).toBe(3)
    expect(await named()).toBe(v3.digest)
    expect(rollout.instances.map(({ runs }) => runs)).toEqual([v3.digest])
    expect(releaseStateText(rollout)).toBeNull()
  })

  it('while an instance starts by itself and gets the release that is taken back, has it rolled once the tag is back', async () => {
    const id = await begin(bad, ['api@1.service', 'api@2.service'], { to: v3, id: 1, afterMs: 500 })
    const driving = lab.drive(id)
    await lab.until(id, ({ phase }) => phase === 'rolling-back')
    let refuses = true
    proxy.decide((method) => (method === 'PUT' && refuses ? 'broken' : 'well'))
    await lab.until(id, ({ rollback, release }) => rollback?.stage === 'going' && release?.stage === 'moving')
    await lab.fleetctl('stop', '--no-block', 'api@2.service')
    await seenAs('api@2.service', /dead/)
    await lab.fleetctl('start', '--no-block', 'api@2.service')
    await seenAs('api@2.service', /failed/)
    refuses = false
    expect(await driving).toBe('ended')
    const rollout = await lab.expectPhase(id, 'rolled-back')
    expect(rollout.instances.map(({ runs }) => runs)).toEqual([v3.digest, v3.digest])
    expect(rollout.rollback?.again).toEqual(['api@2.service'])
    expect(await kinds(id)).toContain('rolled-again')
    expect(releaseStateText(rollout)).toBeNull()
  })

  it('is not blamed for a tag that somebody moved after the plan: nothing is stopped, and it is said what it names', async () => {
    const id = await begin(v1, ['api@1.service'])
    await pushImage(server.url, 'opsee/api', at.tag, {
      version: 'v2',
      revision: 'v2',
      fault: 'crash',
      pullSeconds: 0,
    })
    expect(await lab.drive(id)).toBe('ended')
    const rollout = await lab.expectPhase(id, 'failed')
    expect(rollout.ending).toMatchObject({ reason: expect.stringContaining('somebody else moved it') })
    expect(rollout.ending).toMatchObject({ reason: expect.stringContaining('names v2') })
    expect(rollout.instances.map(({ calls }) => calls)).toEqual([0])
    expect(releaseStateText(rollout)).toContain(`was not moved, and names ${bad.digest.slice(0, 19)}`)
  })
})
