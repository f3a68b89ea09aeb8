import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEtcd, type EtcdServer } from '../../demo/etcd/start.ts'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { createHealthProbe, type ClosableHealthProbe } from '../../src/adapters/health/health-probe.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { App } from '../../src/app.ts'
import { configSchema } from '../../src/config/schema.ts'
import type { ChatReader, ChatWriter } from '../../src/ports/chat.ts'
import { noScheduler } from '../../src/services/no-scheduler.ts'
import { hashOf } from '../../src/authorization/chain.ts'
import { keys } from '../../src/store/keys.ts'
import { startReplica } from './replica.ts'
import { startStopwatch } from '../support/stopwatch.ts'

const config = configSchema.parse({
  slack: { historyChannel: 'C012ABCDEF' },
  etcd: { endpoints: ['http://127.0.0.1:1'] },
  groups: { backend: { users: ['U0ANN'] }, deployers: { users: [] }, admins: { users: [] } },
  tiers: { staging: { fleet: { endpoints: ['http://127.0.0.1:1'] } } },
  services: { api: { team: 'backend', unit: 'api@.service' } },
})

const chat: ChatWriter & ChatReader = {
  post: async () => ({ kind: 'place-closed', reason: 'no chat here' }),
  whisper: async () => ({ kind: 'place-closed', reason: 'no chat here' }),
  edit: async () => ({ kind: 'done' }),
  react: async () => ({ kind: 'done' }),
  linkTo: async () => null,
  ours: async () => [],
}

let etcd: EtcdServer
let probe: ClosableHealthProbe
const stores: EtcdStore[] = []
let apps: readonly App[] = []

async function startApp(name: string): Promise<App> {
  const schedulers = new Map([['staging', noScheduler('staging', systemClock)]])
  const { app, store } = await startReplica(etcd, name, { config, schedulers, probe, chat })
  stores.push(store)
  return app
}

beforeAll(async () => {
  etcd = await startEtcd()
  probe = createHealthProbe(systemClock)
  apps = [await startApp('first'), await startApp('second')]
  // The first connection to etcd takes long on a busy machine, and neither waits for ever to know whose turn it is.
  for (const app of apps) await heardBy([app], 'help', newKey())
}, 60_000)

afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await probe.close()
  await etcd.stop()
})

let count = 0
const newKey = (): string => `slash:${(count += 1)}`

/** What the asker sees of one request that each of these apps hears. */
async function heardBy(hearing: readonly App[], text: string, key: string): Promise<readonly string[]> {
  const seen: string[] = []
  await Promise.all(
    hearing.map((app) =>
      app.handle({
        text,
        user: { id: 'U0ANN', name: 'ann' },
        place: { channel: 'C1', thread: null },
        requestKey: key,
        source: 'slash',
        reply: async ({ text: said }) => {
          seen.push(said)
        },
      }),
    ),
  )
  return seen
}

describe('one request that two replicas hear', () => {
  it.each([
    ['that only looks', 'whoami', /^You are @ann/],
    ['that is mistyped', 'deplooy api staging', /^There is no command/],
    ['that is refused', 'unlock api staging', /./],
    ['that changes something', 'lock staging "frozen"', /^Locked|lock/i],
  ])('%s is answered once', async (_, text, words) => {
    for (let round = 0; round < 5; round += 1) {
      const seen = await heardBy(apps, text, newKey())
      expect(seen).toEqual([expect.stringMatching(words)])
      expect(seen[0]).not.toContain('came before')
    }
  })

  it('is not answered again when it is delivered again, to either of them', async () => {
    const key = newKey()
    expect(await heardBy(apps, 'lock api staging "release"', key)).toHaveLength(1)
    for (const app of apps) expect(await heardBy([app], 'lock api staging "release"', key)).toEqual([])
  })

  it('is answered as what it is when a person types the same again', async () => {
    const first = await heardBy(apps, 'locks', newKey())
    const again = await heardBy(apps, 'locks', newKey())
    expect(first).toHaveLength(1)
    expect(again).toEqual(first)
    const [lock] = await heardBy(apps, 'lock api staging "again"', newKey())
    expect(lock).not.toContain('came before')
  })

  it('is taken up by the other one when it is delivered again after the first has died', async () => {
    const dying = await startApp('dying')
    await heardBy([dying], 'help', newKey())
    const key = newKey()
    const never = new Promise<never>(() => undefined)
    void dying.handle({
      text: 'whoami',
      user: { id: 'U0ANN', name: 'ann' },
      place: { channel: 'C1', thread: null },
      requestKey: key,
      source: 'slash',
      reply: () => never,
    })
    // The request belongs to the dying replica once its key is in the store, however long that takes.
    await expect.poll(() => stores[0]?.get(keys.heard(hashOf(key))), { timeout: 40_000 }).not.toBeNull()
    expect(await heardBy(apps.slice(0, 1), 'whoami', key)).toEqual([])
    await stores.pop()?.close()
    const until = performance.now() + 40_000
    let seen: readonly string[] = []
    while (seen.length === 0 && performance.now() < until) {
      await systemClock.sleep(500)
      seen = await heardBy(apps.slice(0, 1), 'whoami', key)
    }
    expect(seen).toHaveLength(1)
  }, 60_000)
})

describe('while etcd is away', () => {
  it('a request is answered all the same, within 3 s', async () => {
    etcd.pause()
    try {
      const elapsed = startStopwatch()
      const seen = await heardBy(apps.slice(0, 1), 'locks', newKey())
      expect(seen).toEqual([expect.stringContaining('does not answer')])
      expect(elapsed()).toBeLessThan(3500)
    } finally {
      etcd.resume()
    }
  })
})
