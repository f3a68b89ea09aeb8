import { buildsActor } from '../../src/authorization/rights.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startEtcd, type EtcdServer } from '../../demo/etcd/start.ts'
import { listenForHooks, type HookListener } from '../../src/adapters/hooks/listen.ts'
import { createHealthProbe, type ClosableHealthProbe } from '../../src/adapters/health/health-probe.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { verifyChain } from '../../src/authorization/chain.ts'
import { configSchema } from '../../src/config/schema.ts'
import type { ImageLabels } from '../../src/domain/release.ts'
import { RegistryFault, type RegistryReader, type RegistryWriter } from '../../src/ports/registry.ts'
import { readBuilds } from '../../src/services/builds.ts'
import { keys } from '../../src/store/keys.ts'
import { arrivalRecord, rolloutRecord } from '../../src/store/records.ts'
import { dockerHub, harbor, quay } from '../adapters/hooks/payloads.ts'
import { ScriptedChat } from '../narrator/scripted-chat.ts'
import { quietLog } from '../support/quiet-log.ts'
import { startReplica, type Replica } from './replica.ts'
import { SmallFleet } from './small-fleet.ts'

/** Builds from the way in to the channel: real HTTP, a real etcd, two replicas; the chat, the fleet and the registry are scripted. */

const secret = 'a-secret-of-twenty-four'
const shop = {
  slack: { historyChannel: 'C0HISTORY' },
  etcd: { endpoints: ['http://127.0.0.1:1'] },
  engine: { leaseTtl: '5s', rollout: { settle: '100ms' } },
  hooks: {},
  groups: { backend: { users: ['U0ANN'] }, deployers: { users: [] }, admins: { users: [] } },
  tiers: {
    staging: { fleet: { endpoints: ['http://127.0.0.1:1'] } },
    qa: { protected: false, fleet: { endpoints: ['http://127.0.0.1:1'] } },
    production: { fleet: { endpoints: ['http://127.0.0.1:1'] } },
  },
}
const api = { team: 'backend', unit: 'api@.service', image: 'quay.io/opsee/api', channel: 'C0BACKEND' }

/** One image by tag and digest, with labels; and what is wrong with the registry now. */
class ScriptedRegistry implements RegistryReader, RegistryWriter {
  readonly moveTimeoutMs = 1000
  readonly tagged = new Map<string, string>()
  fault: RegistryFault | null = null
  labelled: ImageLabels = { revision: null, version: null, source: null, builtAt: null }

  async manifest(_repository: string, reference: string) {
    if (this.fault !== null) throw this.fault
    const digest = this.tagged.get(reference)
    return digest === undefined ? null : { digest, mediaType: 'application/json', bytes: 1 }
  }
  async moveTag(_repository: string, tag: string, { to }: { readonly to: string }) {
    this.tagged.set(tag, to)
    return { kind: 'moved' as const }
  }
  async tags() {
    return [...this.tagged.keys()]
  }
  async labels() {
    if (this.fault !== null) throw this.fault
    return this.labelled
  }
}

const image = (letter: string): string => `sha256:${letter.repeat(64)}`

let etcd: EtcdServer
let probe: ClosableHealthProbe
const ends: (() => Promise<unknown>)[] = []

interface Lab {
  readonly replicas: readonly Replica[]
  readonly hooks: readonly HookListener[]
  readonly chat: ScriptedChat
  readonly fleet: SmallFleet
  send(sender: string, body: unknown, to?: number): Promise<{ status: number; body: unknown }>
}

/** As many replicas as are named, each with its own way in. Each lab has the etcd to itself. */
async function lab(
  services: object,
  {
    registry = null,
    names = ['one', 'two'],
  }: { registry?: (RegistryReader & RegistryWriter) | null; names?: readonly string[] } = {},
): Promise<Lab> {
  const config = configSchema.parse({ ...shop, ...(registry === null ? {} : { registry: {} }), services })
  const chat = new ScriptedChat()
  const fleet = new SmallFleet(['api@1.service'], 10)
  const log = quietLog()
  const replicas: Replica[] = []
  const hooks: HookListener[] = []
  for (const name of names) {
    const schedulers = new Map([['staging', fleet.for(name)]])
    const replica = await startReplica(etcd, name, { config, schedulers, probe, chat, registry, log }, 2500)
    replica.app.start()
    replicas.push(replica)
    hooks.push(await listenForHooks({ secret, port: 0, host: '127.0.0.1' }, replica.app, systemClock, log))
  }
  ends.push(async () => {
    await Promise.all(hooks.map((one) => one.stop()))
    await Promise.all(replicas.map(({ app }) => app.stop(5000)))
    const [first] = replicas
    const all = (await first?.store.range('', { keysOnly: true }))?.entries.map(({ key }) => key) ?? []
    for (let from = 0; from < all.length; from += 100) {
      await first?.store.commit({ require: [], puts: [], deletes: all.slice(from, from + 100) })
    }
    await Promise.all(replicas.map(({ store }) => store.close()))
  })
  return {
    replicas,
    hooks,
    chat,
    fleet,
    async send(sender, body, to = 0) {
      const answer = await fetch(`http://127.0.0.1:${hooks[to]?.port}/hooks/${sender}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: secret },
        body: JSON.stringify(body),
      })
      return { status: answer.status, body: await answer.json() }
    },
  }
}

const storeOf = ({ replicas }: Lab) => {
  const [first] = replicas
  if (first === undefined) throw new Error('there is no replica')
  return first.store
}

async function until<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
  for (const end = performance.now() + 40_000; performance.now() < end; await systemClock.sleep(20)) {
    const found = await look()
    if (found !== null) return found
  }
  throw new Error(`waited in vain for ${what}`)
}

/** Nothing is left to tell. */
const quiet = (of: Lab) =>
  until('all builds to be told', async () =>
    (await storeOf(of).range(keys.arrivals, { keysOnly: true })).entries.length === 0 ? true : null,
  )

const linesIn = ({ chat }: Lab, channel: string): string[] => chat.at(channel, false).map(({ message }) => message.text)
const buttonsOf = ({ chat }: Lab, index = 0) =>
  (chat.shown[index]?.message.sections ?? []).flatMap((section) => (section.kind === 'buttons' ? section.buttons : []))

beforeAll(async () => {
  etcd = await startEtcd()
  probe = createHealthProbe(systemClock)
})
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})
afterAll(async () => {
  await probe.close()
  await etcd.stop()
})

describe('a build that arrives', () => {
  it('is told once in the service’s channel, with what the registry knows and a button for each open tier', async () => {
    const registry = new ScriptedRegistry()
    registry.tagged.set('v2', image('a')).set('main', image('a'))
    const builtAt = Date.UTC(2026, 0, 2, 3, 4, 5)
    const revision = '1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d'
    registry.labelled = { revision, version: '2.0', source: 'https://example.com/api', builtAt }
    const of = await lab({ api }, { registry })
    expect(await of.send('quay', quay(['v2', 'main']))).toEqual({
      status: 202,
      body: { result: 'taken', services: ['api'] },
    })
    await quiet(of)
    expect(linesIn(of, 'C0BACKEND')).toEqual([
      `api has a new build: v2, main (revision 1a2b3c4d5e, sha256:aaaaaaaaaaaa)`,
    ])
    expect(JSON.stringify(of.chat.shown[0]?.message)).toContain('quay.io/opsee/api')
    expect(JSON.stringify(of.chat.shown[0]?.message)).toContain('built 03:04:05 UTC')
    expect(buttonsOf(of).map(({ label, command }) => [label, command])).toEqual([
      ['Deploy to staging', `deploy api staging ${image('a')}`],
      ['Deploy to qa', `deploy api qa ${image('a')}`],
    ])
    expect((await readBuilds(storeOf(of), 'api')).records).toMatchObject([
      { id: 1, service: 'api', repository: 'quay.io/opsee/api', tags: ['v2', 'main'], digest: image('a'), revision },
    ])
  })

  it('is told once when it is sent again, at the same time and later, to either replica, whoever sends it', async () => {
    const registry = new ScriptedRegistry()
    registry.tagged.set('v2', image('a'))
    const services = { api, hub: { ...api, unit: 'hub@.service', image: 'opsee/api' } }
    const of = await lab(
      { ...services, har: { ...api, unit: 'har@.service', image: 'harbor.example.com/opsee/api' } },
      { registry },
    )
    const all = [
      ['quay', quay(['v2'])],
      ['dockerhub', dockerHub('v2')],
      ['harbor', harbor(['v2'])],
    ] as const
    await Promise.all(all.flatMap(([sender, body]) => [0, 1, 0, 1].map((to) => of.send(sender, body, to))))
    await quiet(of)
    for (const [sender, body] of all) await of.send(sender, body, 1)
    await quiet(of)
    expect(linesIn(of, 'C0BACKEND').toSorted()).toEqual([
      expect.stringMatching(/^api has a new build: v2 /),
      expect.stringMatching(/^har has a new build: v2 /),
      expect.stringMatching(/^hub has a new build: v2 /),
    ])
    for (const service of ['api', 'hub', 'har'])
      expect((await readBuilds(storeOf(of), service)).records).toHaveLength(1)
    // Another image under the same tag, in the very same words.
    registry.tagged.set('v2', image('b'))
    await of.send('quay', quay(['v2']))
    await quiet(of)
    expect(linesIn(of, 'C0BACKEND').at(-1)).toContain('sha256:bbbbbbbbbbbb')
  })

  it('of several images under several tags is as many builds', async () => {
    const registry = new ScriptedRegistry()
    registry.tagged.set('v1', image('a')).set('v2', image('b')).set('latest', image('b'))
    const of = await lab({ api }, { registry, names: ['one'] })
    await of.send('quay', quay({ v1: 'x', v2: 'y', latest: 'y' }))
    await quiet(of)
    expect(linesIn(of, 'C0BACKEND')).toEqual([
      expect.stringMatching(/: v1 \(sha256:aaaaaaaaaaaa\)$/),
      expect.stringMatching(/: v2, latest \(sha256:bbbbbbbbbbbb\)$/),
    ])
  })

  it('is no build when a tier’s tag was moved to an image that came before', async () => {
    const registry = new ScriptedRegistry()
    registry.tagged.set('v2', image('a')).set('production', image('a'))
    const of = await lab({ api }, { registry, names: ['one'] })
    for (const tags of [['v2'], ['production']]) {
      await of.send('quay', quay(tags))
      await quiet(of)
    }
    expect(linesIn(of, 'C0BACKEND')).toHaveLength(1)
  })

  it('of an image that nobody deploys is nothing', async () => {
    const of = await lab({ api: { ...api, image: 'quay.io/opsee/other' } }, { names: ['one'] })
    expect(await of.send('quay', quay(['v2']))).toMatchObject({ status: 200, body: { result: 'ignored' } })
    expect((await storeOf(of).range('builds/')).entries).toEqual([])
  })

  it('is told without its digest while there is no registry, once for both deliveries', async () => {
    const of = await lab({ api })
    await Promise.all([0, 1].map((to) => of.send('quay', quay(['v2']), to)))
    await quiet(of)
    expect(linesIn(of, 'C0BACKEND')).toEqual(['api has a new build: v2'])
    // Nothing could be deployed by a tag that no unit pulls.
    expect(buttonsOf(of)).toEqual([])
  })

  it('is told by what its sender knows when the registry refuses, and waits while it is away', async () => {
    const registry = new ScriptedRegistry()
    registry.fault = new RegistryFault('away', 'the registry does not answer')
    const of = await lab({ api: { ...api, image: 'harbor.example.com/opsee/api' } }, { registry, names: ['one'] })
    await of.send('harbor', harbor(['v2']))
    await systemClock.sleep(1500)
    expect(linesIn(of, 'C0BACKEND')).toEqual([])
    registry.fault = new RegistryFault('refused', 'the registry wants other credentials')
    await quiet(of)
    expect(linesIn(of, 'C0BACKEND')).toEqual([expect.stringContaining('v2 (sha256:1a2b3c4d1a2b)')])
    expect(JSON.stringify(of.chat.shown[0]?.message)).toContain('wants other credentials')
  })

  it('is told where the team follows when the channel is closed', async () => {
    const of = await lab({ api }, { names: ['one'] })
    of.chat.closed.add('C0BACKEND')
    await of.send('quay', quay(['v2']))
    await quiet(of)
    expect(linesIn(of, 'C0HISTORY')).toHaveLength(1)
  })

  it('is not told again when its replica died after the post', async () => {
    const config = configSchema.parse({ ...shop, services: { api } })
    const of = await lab({ api }, { names: ['one'] })
    await of.replicas[0]?.app.stop(5000)
    await of.send('quay', quay(['v2']))
    const arrival = {
      id: 1,
      service: 'api',
      stage: 'read',
      sending: { key: 'build.1', at: Date.now() },
      settled: [],
    } as const
    const value = arrivalRecord.write({ ...arrival, settled: [] })
    await storeOf(of).commit({ require: [], puts: [{ key: keys.arrival(1), value }] })
    const text = 'api has a new build: v2'
    await of.chat.post({ channel: 'C0BACKEND', thread: null }, { text, sections: [], key: 'build.1' })
    const other = await startReplica(etcd, 'other', { config, schedulers: new Map(), probe, chat: of.chat })
    ends.unshift(async () => {
      await other.app.stop(5000)
      await other.store.close()
    })
    other.app.start()
    await quiet(of)
    expect(linesIn(of, 'C0BACKEND')).toEqual([text])
  })

  it('is kept when its replica dies before it was told, and told by another', async () => {
    const of = await lab({ api }, { names: ['one'] })
    for (let n = 0; n < 200; n += 1)
      of.chat.troubles.push({ call: 'post', failure: { kind: 'later', retryAfterMs: 100, reason: 'limited' } })
    expect(await of.send('quay', quay(['v2']))).toMatchObject({ status: 202 })
    await until('the chat to be tried', () => (of.chat.posts > 0 ? true : null))
    await Promise.all(of.replicas.map(({ app }) => app.stop(5000)))
    of.chat.troubles.splice(0)
    const config = configSchema.parse({ ...shop, services: { api } })
    const other = await startReplica(etcd, 'other', { config, schedulers: new Map(), probe, chat: of.chat })
    ends.unshift(async () => {
      await other.app.stop(5000)
      await other.store.close()
    })
    other.app.start()
    await quiet(of)
    expect(linesIn(of, 'C0BACKEND')).toEqual(['api has a new build: v2'])
  })

  it('is refused while etcd is away, so that its sender sends it again', async () => {
    const of = await lab({ api }, { names: ['one'] })
    await of.send('quay', quay(['v1']))
    await quiet(of)
    etcd.pause()
    try {
      expect((await of.send('quay', quay(['v2']))).status).toBe(503)
    } finally {
      etcd.resume()
    }
    await until('it to be taken', async () => ((await of.send('quay', quay(['v2']))).status === 202 ? true : null))
    await quiet(of)
    expect(linesIn(of, 'C0BACKEND')).toHaveLength(2)
  })
})

describe('deployOnPush', () => {
  const pushed = { api: { ...api, deployOnPush: ['staging'] } }

  it('begins one rollout through the door, as the builds themselves, however often and wherever it was sent', async () => {
    const of = await lab(pushed)
    await Promise.all([0, 1, 0, 1].map((to) => of.send('quay', quay(['staging']), to)))
    await quiet(of)
    const rollout = await until('its end', async () => {
      const entry = await storeOf(of).get(keys.rollout(1))
      const record = entry === null ? null : rolloutRecord.read(entry)
      return record?.phase === 'succeeded' ? record : null
    })
    expect(rollout).toMatchObject({
      command: 'deploy api staging',
      requestedBy: { id: 'builds', name: null },
      place: { channel: 'C0BACKEND', thread: null },
    })
    expect(await storeOf(of).get(keys.rollout(2))).toBeNull()
    const { entries } = await storeOf(of).range('audit/0')
    expect(entries.map(({ value }) => value).join()).toMatch(/"source":"hook".*"builds-deploy-on-push"/)
    expect(await verifyChain(storeOf(of))).toMatchObject({ kind: 'intact' })
    expect(JSON.stringify(of.chat.shown.map(({ message }) => message))).not.toContain('<@builds>')
    expect(buttonsOf(of)).toEqual([])
  }, 60_000)

  it('tells in the channel what stood in its way, once', async () => {
    const of = await lab(pushed)
    const lock = { text: 'lock api staging "demo"', actor: { id: 'U0ANN', name: 'ann' }, key: 'lock:1' }
    await of.replicas[0]?.app.dispatch({ ...lock, place: { channel: 'C1', thread: null }, source: 'slash' })
    await of.send('quay', quay(['staging']))
    await quiet(of)
    expect(linesIn(of, 'C0BACKEND')).toEqual([
      'api has a new build: staging',
      expect.stringMatching(
        /^api staging was to deploy staging by itself, as `deploy api staging`:\n.*locked by ann: demo/s,
      ),
    ])
    expect(await storeOf(of).get(keys.rollout(1))).toBeNull()
  })

  it('does not deploy to one tier what came by the tag of another', async () => {
    const registry = new ScriptedRegistry()
    registry.tagged.set('production', image('a'))
    const of = await lab(pushed, { registry, names: ['one'] })
    await of.send('quay', quay(['production']))
    await quiet(of)
    expect((await storeOf(of).range('audit/')).entries).toEqual([])
    expect(linesIn(of, 'C0BACKEND')).toHaveLength(1)
  })

  it.each([
    'restart api staging',
    'lock api staging "x"',
    'stop staging "x"',
    'scale api staging 3',
    'deploy api qa',
    'deploy api production',
  ])('lets builds do nothing else: %s', async (text) => {
    const of = await lab(pushed, { names: ['one'] })
    const place = { channel: 'C1', thread: null }
    const [replica] = of.replicas
    const reply = await replica?.app.dispatch({
      text,
      actor: buildsActor,
      place,
      key: text,
      source: 'hook',
    })
    expect(reply?.outcome).toBe('refused')
    expect(reply?.message.text).toMatch(/^You may not/)
  })
})
