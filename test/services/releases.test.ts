import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pushImage } from '../../demo/registry/push-image.ts'
import { startRegistry, type RegistryServer } from '../../demo/registry/start.ts'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { configSchema } from '../../src/config/schema.ts'
import type { Build } from '../../src/domain/build.ts'
import type { WantedAt } from '../../src/domain/release.ts'
import type { RegistryReader, RegistryWriter } from '../../src/ports/registry.ts'
import { knowReleases } from '../../src/services/know-releases.ts'
import type { Releases } from '../../src/services/releases.ts'
import { keys } from '../../src/store/keys.ts'
import { buildRecord } from '../../src/store/records.ts'
import { registryAt } from '../adapters/registry/fake-registry.ts'
import { ownEtcd } from '../support/own-etcd.ts'
import { startStopwatch } from '../support/stopwatch.ts'

/** A real registry and a real etcd. */

const etcd = ownEtcd()
const image = 'quay.io/opsee/api'
const commit = '1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d'
const nothing = `sha256:${'0'.repeat(64)}`
let store: EtcdStore
let server: RegistryServer
let registry: RegistryReader & RegistryWriter & { close(): Promise<void> }
let v1 = ''
let v2 = ''

const service = { team: 'backend', unit: 'api@.service', image }
const config = configSchema.parse({
  slack: { historyChannel: 'C012ABCDEF' },
  etcd: { endpoints: ['http://127.0.0.1:1'] },
  groups: { backend: { users: [] } },
  registry: {},
  tiers: {
    staging: { fleet: { endpoints: ['http://127.0.0.1:1'] } },
    production: { fleet: { endpoints: ['http://127.0.0.1:1'] }, tag: 'live' },
  },
  services: {
    api: service,
    keyed: { ...service, unit: 'keyed@.service', release: 'key' },
    unknown: { team: 'backend', unit: 'unknown@.service' },
  },
})

const known = (over: Partial<Parameters<typeof knowReleases>[0]> = {}) =>
  knowReleases({ config, registry, store, builds: etcd.newStore('/builds-of/'), clock: systemClock, ...over })
type Builds = Awaited<ReturnType<Releases['builds']>>
const never = new AbortController().signal

beforeAll(async () => {
  store = etcd.newStore('')
  server = await startRegistry()
  registry = registryAt(server.url)
  v1 = await pushImage(server.url, 'opsee/api', 'live', { version: '1.0.0', revision: 'aaaaaaaaaa' })
  v2 = await pushImage(server.url, 'opsee/api', 'v2', { version: '2.0.0', revision: commit })
  await pushImage(server.url, 'opsee/api', 'main-0123456789ab', { version: '2.1.0', revision: '0123456789ab' })
  await pushImage(server.url, 'opsee/api', 'v3-dirty', { version: '3.0.0', revision: 'c' })
})
afterAll(async () => {
  await registry.close()
  await server.stop()
})

describe('What a person means by a release', () => {
  const resolve = (reference: string) => known().releases.resolve('api', reference)

  it('is a tag, a digest, the end of a tag, or the commit of a label', async () => {
    expect(await resolve('v2')).toMatchObject({
      release: { digest: v2, tag: 'v2', version: '2.0.0', revision: commit },
    })
    expect(await resolve(v2)).toMatchObject({ release: { digest: v2, tag: null, version: '2.0.0' } })
    expect(await resolve('0123456')).toMatchObject({ release: { tag: 'main-0123456789ab' } })
    expect(await resolve(commit.slice(0, 8))).toMatchObject({ release: { digest: v2 } })
  })

  it('is nothing when there is no such thing, and what there is instead', async () => {
    expect(await resolve('v22')).toMatchObject({
      kind: 'none',
      message: expect.stringContaining('has no tag `v22`: perhaps `v2` is meant'),
    })
    expect(await resolve('deadbeef')).toMatchObject({ kind: 'none', message: expect.stringContaining('no commit') })
    expect(await resolve(nothing)).toMatchObject({ kind: 'none' })
    expect(await resolve('sha256:12')).toMatchObject({
      kind: 'none',
      message: expect.stringContaining('64 hex digits'),
    })
  })

  it('must be committed', async () => {
    expect(await resolve('v3-dirty')).toMatchObject({
      kind: 'none',
      message: expect.stringContaining('nobody committed'),
    })
  })

  it('cannot be said of what has no image, or without a registry', async () => {
    expect(await known().releases.resolve('unknown', 'v2')).toMatchObject({
      kind: 'none',
      message: expect.stringContaining('services.unknown.image'),
    })
    const without = known({ registry: null }).releases
    expect(await without.resolve('api', 'v2')).toMatchObject({ message: expect.stringContaining('no registry') })
    expect(without.at({ service: 'api', tier: 'staging' })).toBeNull()
    // A key needs none.
    expect(await without.resolve('keyed', v2)).toMatchObject({ release: { digest: v2, version: null } })
  })
})

describe('The wanted release', () => {
  it('of a tag is read, moved from what it names, and from nothing else', async () => {
    const { releases, watched } = known()
    const at = releases.at({ service: 'api', tier: 'production' })
    expect(at).toEqual({ by: 'tag', image, tag: 'live' })
    expect(await releases.wanted({ service: 'api', tier: 'production' })).toEqual({ kind: 'known', digest: v1 })
    expect(await releases.wanted({ service: 'api', tier: 'staging' })).toEqual({ kind: 'known', digest: null })
    if (at === null) return
    expect(await watched.wanted.move(at, { from: v2, to: nothing }, never)).toMatchObject({ kind: 'failed' })
    expect(await watched.wanted.move(at, { from: v1, to: nothing }, never)).toMatchObject({ kind: 'failed' })
    expect(await watched.wanted.move(at, { from: v1, to: v2 }, never)).toEqual({ kind: 'asked' })
    expect(await watched.wanted.read(at)).toEqual({ kind: 'known', digest: v2 })
  })

  it('of a key too, and a key with other words is nobody’s to overwrite', async () => {
    const { releases, watched } = known()
    const at = releases.at({ service: 'keyed', tier: 'production' })
    expect(at).toEqual({ by: 'key', image, key: '/opsee.co/releases/production/keyed/current' })
    if (at === null) return
    expect(await watched.wanted.read(at)).toEqual({ kind: 'known', digest: null })
    expect(await watched.wanted.move(at, { from: null, to: v1 }, never)).toEqual({ kind: 'asked' })
    expect(await watched.wanted.move(at, { from: null, to: v2 }, never)).toMatchObject({ kind: 'failed' })
    expect(await watched.wanted.move(at, { from: v1, to: v2 }, never)).toEqual({ kind: 'asked' })
    expect(await watched.wanted.read(at)).toEqual({ kind: 'known', digest: v2 })
    const odd: WantedAt = { by: 'key', image, key: '/opsee.co/releases/odd' }
    await store.commit({ require: [], puts: [{ key: '/opsee.co/releases/odd', value: 'latest' }] })
    expect(await watched.wanted.read(odd)).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('no digest'),
    })
    expect(await watched.wanted.move(odd, { from: null, to: v1 }, never)).toMatchObject({ kind: 'failed' })
    expect(await watched.wanted.announced('/opsee.co/releases/odd')).toEqual({ kind: 'known', value: 'latest' })
  })

  it('is unknown, in words, while the registry is away, and a move ends in time', async () => {
    const away = registryAt('http://127.0.0.1:9')
    const { releases, watched } = known({
      registry: away,
      config: { ...config, engine: { ...config.engine, leaseTtl: 3000 } },
    })
    const at = releases.at({ service: 'api', tier: 'production' })
    if (at === null) throw new Error('it has an image')
    expect(await releases.wanted({ service: 'api', tier: 'production' })).toMatchObject({ kind: 'unknown' })
    const elapsed = startStopwatch()
    expect(await watched.wanted.move(at, { from: v1, to: v2 }, never)).toMatchObject({ kind: 'failed' })
    expect(watched.wanted.moveTimeoutMs).toBe(1200)
    expect(elapsed()).toBeLessThan(10_000)
    await away.close()
  })
})

describe('the builds of a service', () => {
  const build = (id: number, over: Partial<Build>): Build => ({
    id,
    service: 'api',
    repository: image,
    tags: [],
    digest: null,
    revision: null,
    version: null,
    source: null,
    builtAt: null,
    sender: 'generic',
    delivery: null,
    at: id * 1000,
    ...over,
  })
  const tagsOf = (builds: Builds): unknown =>
    builds.kind === 'builds' ? builds.builds.map(({ tags, toldAt }) => [tags, toldAt]) : builds

  it('are the registry’s and those that hooks told of, or these alone while there is no registry', async () => {
    const builds = etcd.newStore('/builds/')
    const told = [build(1, { digest: v2, tags: ['v2'] }), build(2, { digest: nothing, tags: ['v2'] })]
    const puts = told.map((one) => ({ key: keys.build('api', one.id), value: buildRecord.write(one) }))
    await builds.commit({ require: [], puts })
    const all = tagsOf(await known({ builds }).releases.builds('api', 50))
    expect(all).toContainEqual([expect.arrayContaining(['v2']), 1000])
    expect(all).toContainEqual([[], 2000])
    expect(all).toContainEqual([['main-0123456789ab'], null])
    expect(tagsOf(await known({ builds }).releases.builds('api', 1))).toHaveLength(1)
    const alone = await known({ builds, registry: null }).releases.builds('api', 50)
    expect(alone).toMatchObject({ left: 0, without: expect.stringContaining('no registry in the configuration') })
    expect(tagsOf(alone)).toEqual([
      [['v2'], 2000],
      [['v2'], 1000],
    ])
    const none = await known({ registry: null }).releases.builds('api', 50)
    expect(none).toMatchObject({ kind: 'none', message: expect.stringContaining('no hook told of a build of api') })
  })
})
