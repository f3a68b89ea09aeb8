import { beforeEach, describe, expect, it } from 'vitest'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { Lock } from '../../src/domain/lock.ts'
import type { Rollout } from '../../src/domain/rollout.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { remind } from '../../src/narrator/reminders.ts'
import { keys } from '../../src/store/keys.ts'
import { lockRecord, stopRecord } from '../../src/store/records.ts'
import { planOf, rolloutOf } from '../support/rollouts.ts'
import { ownEtcd } from '../support/own-etcd.ts'
import { quietLog } from '../support/quiet-log.ts'
import { ScriptedChat } from './scripted-chat.ts'

/** Three processes on one etcd, that all look at the same moment. */

const hour = 3_600_000
const noon = Date.UTC(2026, 0, 2, 12)
const ann = { id: 'U0ANN', name: 'ann' }
const api = { service: 'api', tier: 'production' }

const etcd = ownEtcd()
const stores: EtcdStore[] = []
let chat: ScriptedChat
let now: number
let live: readonly Rollout[]

let round = 0
beforeEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()))
  const prefix = `/reminders${(round += 1)}/`
  for (let n = 0; n < 3; n += 1) stores.push(etcd.newStore(prefix))
  chat = new ScriptedChat()
  now = noon
  live = []
})

const clock: Clock = { now: () => now, monotonic: () => now, sleep: (ms, signal) => systemClock.sleep(ms, signal) }

async function allLook(everyMs = 8 * hour): Promise<readonly string[]> {
  const before = chat.shown.length
  await Promise.all(
    stores.map((store) =>
      remind({
        store,
        chat,
        clock,
        log: quietLog(),
        everyMs,
        historyChannel: () => 'CHISTORY',
        allLive: async () => live,
      }),
    ),
  )
  return chat.shown.slice(before).map(({ place, message }) => `${place.channel}: ${message.text}`)
}

const store = (): EtcdStore => stores[0] ?? fail()
function fail(): never {
  throw new Error('no store')
}

const put = (key: string, value: string) => store().commit({ require: [], puts: [{ key, value }] })
const lock = (over: Partial<Lock> = {}) =>
  put(
    keys.targetLock(api),
    lockRecord.write({ ...api, by: ann, why: 'db "migration" <1>', at: noon, until: null, audit: 1, ...over }),
  )

describe('a lock that was forgotten', () => {
  it('reminds its owner once in each period, whoever looks, with what to type', async () => {
    await lock()
    now = noon + 8 * hour - 1
    expect(await allLook()).toEqual([])
    now = noon + 8 * hour
    expect(await allLook()).toEqual([
      'U0ANN: You locked api production 8h ago: db "migration" &lt;1&gt;. Nobody else can roll there.\n' +
        '`/opsee unlock api production` lifts it; `/opsee lock api production "db \'migration\' &lt;1&gt;" --for 2h` gives it an end. This is said again in 8h.',
    ])
    now += 8 * hour - 1
    expect(await allLook()).toEqual([])
    now += 1
    expect(await allLook()).toEqual([expect.stringContaining('locked api production 16h ago')])
    // Nobody looked for long: it is said once, not for each period that passed.
    now += 40 * hour
    expect(await allLook()).toHaveLength(1)
    expect(await allLook()).toEqual([])
  })

  it('is another one when it was lifted and made again, and leaves nothing behind', async () => {
    await lock()
    now = noon + 9 * hour
    expect(await allLook()).toHaveLength(1)
    await lock({ at: now })
    expect(await allLook()).toEqual([])
    now += 8 * hour
    expect(await allLook()).toEqual([expect.stringContaining('8h ago')])
    await store().commit({ require: [], puts: [], deletes: [keys.targetLock(api)] })
    expect(await allLook()).toEqual([])
    expect((await store().range(keys.reminders)).entries).toEqual([])
  })

  it('is none when it ends by itself, or when nobody is to be reminded', async () => {
    await lock({ until: now + 100 * hour })
    now += 50 * hour
    expect(await allLook()).toEqual([])
    await lock()
    expect(await allLook(0)).toEqual([])
  })

  it('names the rollouts that wait for it', async () => {
    await lock()
    const held = { by: 'lock', reason: 'locked' } as const
    live = [
      { ...rolloutOf(planOf()), id: 12, held },
      { ...rolloutOf(planOf({ service: 'vape' })), id: 13, held },
    ]
    now += 8 * hour
    expect(await allLook()).toEqual([expect.stringContaining('Rollout 12 waits for it.')])
  })

  it('is told where the team follows when the owner cannot be written to', async () => {
    await lock()
    chat.closed.add('U0ANN')
    now += 8 * hour
    expect(await allLook()).toEqual([expect.stringMatching(/^CHISTORY: <@U0ANN> locked api production 8h ago/)])
    expect(await allLook()).toEqual([])
  })

  it('is told with the next look when the chat surely did not show it, and not twice when nobody knows', async () => {
    await lock()
    now += 8 * hour
    // Each of the three may come to look after another has given it back.
    const later = { call: 'post', failure: { kind: 'later', retryAfterMs: 1, reason: 'ratelimited' } } as const
    chat.troubles.push(later, later, later)
    expect(await allLook()).toEqual([])
    chat.troubles.splice(0)
    expect(await allLook()).toHaveLength(1)
    now += 8 * hour
    chat.troubles.push({ call: 'post', failure: { kind: 'unknown', reason: 'timeout' }, shown: true })
    expect(await allLook()).toHaveLength(1)
    expect(await allLook()).toEqual([])
  })

  it('that cannot be read keeps nobody else from being reminded', async () => {
    await put(keys.tierLock('production'), 'garbage')
    await lock()
    now += 8 * hour
    expect(await allLook()).toHaveLength(1)
  })
})

describe('a stop that was forgotten', () => {
  it('reminds who stopped the tier, with what it holds, until somebody says go', async () => {
    const stop = { tier: 'production', by: ann, why: 'checkout is down', at: noon, audit: 1 } as const
    await put(keys.stop('production'), stopRecord.write({ ...stop, kind: 'stop' }))
    const pause = { kind: 'stop', by: ann, reason: null, at: noon } as const
    live = [12, 14].map((id) => ({ ...rolloutOf(planOf()), id, pause }))
    now += 8 * hour
    expect(await allLook()).toEqual([
      'U0ANN: You stopped all of production 8h ago: checkout is down. Nothing new begins there, for anybody. Rollouts 12 and 14 wait for it.\n' +
        '`/opsee go production` lifts it. This is said again in 8h.',
    ])
    expect(await allLook()).toEqual([])
    await put(keys.stop('production'), stopRecord.write({ ...stop, kind: 'go' }))
    now += 8 * hour
    expect(await allLook()).toEqual([])
    expect((await store().range(keys.reminders)).entries).toEqual([])
  })
})
