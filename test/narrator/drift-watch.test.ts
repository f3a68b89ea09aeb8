import { beforeEach, describe, expect, it } from 'vitest'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { Found } from '../../src/domain/drift-memory.ts'
import type { Target } from '../../src/domain/target.ts'
import { driftWork } from '../../src/narrator/drift-watch.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { claimWork, type Claiming } from '../../src/services/claimed-work.ts'
import { createDriftMemories, createDriftReader } from '../../src/services/drift-memories.ts'
import { keys } from '../../src/store/keys.ts'
import { driftMemoryRecord } from '../../src/store/records.ts'
import { ownEtcd } from '../support/own-etcd.ts'
import { quietLog } from '../support/quiet-log.ts'
import { ScriptedChat } from './scripted-chat.ts'
import { ended } from '../support/left.ts'

/** Looking for drift by itself, on a real etcd; what is seen and the chat are scripted. */

const api: Target = { service: 'api', tier: 'production' }
const vape: Target = { service: 'vape', tier: 'production' }
const everyMs = 60

const etcd = ownEtcd()
let round = 0
let prefix: string
let chat: ScriptedChat
/** What a look sees, and how often it was looked. */
let sees: (target: Target, count: number) => Found
let looks: number

beforeEach(() => {
  prefix = `/drift${(round += 1)}/`
  chat = new ScriptedChat()
  looks = 0
  sees = () => looked()
})

const looked = (...findings: readonly string[]): Extract<Found, { kind: 'looked' }> => ({
  kind: 'looked',
  ended: ended(7, 0),
  findings,
  unseen: null,
  processes: [],
})

interface Process {
  readonly store: EtcdStore
  readonly work: Claiming
}

function start(name: string, clock: Clock = systemClock): Process {
  const store = etcd.newStore(prefix)
  const source = driftWork({
    targets: [api, vape],
    memories: createDriftMemories(store, name, () => clock.now()),
    look: async (targets) => {
      looks += 1
      return targets.map((target) => ({ target, found: sees(target, looks) }))
    },
    chat,
    clock,
    log: quietLog(),
    everyMs,
    historyChannel: (tier) => `C0${tier.toUpperCase()}`,
  })
  return { store, work: claimWork(source, { leases: store, clock, log: quietLog(), ttlMs: 3000, lookMs: 50 }) }
}

const lines = (): string[] => chat.shown.map(({ place, message }) => `${place.channel}: ${message.text}`)

async function until(what: string, so: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 40_000; performance.now() < end; await systemClock.sleep(20)) {
    if (await so()) return
  }
  throw new Error(`waited in vain for ${what}; said: ${lines().join('\n')}`)
}

/** So many more looks are over. */
async function moreLooks(some: number): Promise<void> {
  const to = looks + some
  await until(`${some} more looks`, () => looks > to)
}

describe('drift that is looked for by itself', () => {
  it('has one line for each target that parts, none while it stays so, and one when all is as left again', async () => {
    let findings = ['the tag names <v9>', 'b', 'c', 'd', 'e', 'f']
    sees = ({ service }) => (service === 'api' ? looked(...findings) : looked())
    const one = start('one')
    const two = start('two')
    await until('the line', () => chat.shown.length === 1)
    await moreLooks(3)
    expect(lines()).toEqual([
      'C0PRODUCTION: `api` in production has parted from what was rolled out: the tag names &lt;v9&gt;; b; c; d; and 2 more · `/opsee drift production` shows it all',
    ])
    findings = [...findings, 'g']
    await until('what is new', () => chat.shown.length === 2)
    expect(lines().at(-1)).toContain('rolled out: g · ')
    findings = []
    await until('the end of it', () => chat.shown.length === 3)
    expect(lines().at(-1)).toBe('C0PRODUCTION: `api` in production is as it was left again.')
    await moreLooks(3)
    expect(chat.shown).toHaveLength(3)
    await Promise.all([one, two].map(({ work }) => work.stop(5000)))
  }, 60_000)

  it('is none that one look alone saw, or that a rollout makes, or that nobody could see', async () => {
    sees = ({ service }, count) => {
      if (service === 'vape') return count % 2 === 0 ? { kind: 'rolling', id: 8 } : { kind: 'away', reason: 'silence' }
      return count % 2 === 1 ? looked('a') : looked()
    }
    const { work } = start('one')
    await moreLooks(8)
    sees = () => ({ ...looked('b'), ended: ended(9, Date.now()) })
    await moreLooks(3)
    expect(lines()).toEqual([])
    await work.stop(5000)
  }, 60_000)

  it('is not told again by another process, and told by it when the first one had only begun to', async () => {
    sees = ({ service }) => (service === 'api' ? looked('a') : looked())
    const one = start('one')
    await until('the line', () => chat.shown.length === 1)
    await one.work.stop(5000)
    const two = start('two')
    await moreLooks(3)
    expect(chat.shown).toHaveLength(1)
    await two.work.stop(5000)
    // Its line came through, and it died before it could keep that.
    const entry = await two.store.get(keys.drift(api))
    if (entry === null) throw new Error('nothing is remembered')
    const memory = driftMemoryRecord.read(entry)
    expect(memory).toMatchObject({ told: ['a'], lines: 1, sending: null })
    const sending = { text: chat.shown[0]?.message.text ?? '', at: Date.now() }
    const lost = { text: 'what it was about to say', at: Date.now() }
    await two.store.commit({
      require: [],
      puts: [
        { key: keys.drift(api), value: driftMemoryRecord.write({ ...memory, sending }) },
        { key: keys.drift(vape), value: driftMemoryRecord.write({ ...memory, told: [], lines: 4, sending: lost }) },
      ],
    })
    const three = start('three')
    await until('what was left', () => chat.shown.length === 2)
    await moreLooks(3)
    expect(lines().slice(1)).toEqual(['C0PRODUCTION: what it was about to say'])
    expect(await createDriftReader(three.store).memory(api)).toMatchObject({ lines: 1, sending: null })
    await three.work.stop(5000)
  }, 60_000)

  it('is told once the chat takes it, and is nothing that stops others when one record cannot be read', async () => {
    sees = () => looked('a')
    const store = etcd.newStore(prefix)
    await store.commit({ require: [], puts: [{ key: keys.drift(api), value: 'garbage' }] })
    const later = { call: 'post', failure: { kind: 'later', retryAfterMs: 1, reason: 'ratelimited' } } as const
    chat.troubles.push(later, later)
    const { work } = start('one')
    await until('the line', () => chat.shown.length === 1)
    await moreLooks(2)
    expect(lines()).toEqual([expect.stringMatching(/^C0PRODUCTION: `vape` in production has parted/)])
    expect((await store.get(keys.drift(api)))?.value).toBe('garbage')
    await work.stop(5000)
  }, 60_000)

  it('is forgotten with its target', async () => {
    const store = etcd.newStore(prefix)
    const gone = keys.drift({ service: 'gone', tier: 'production' })
    await store.commit({ require: [], puts: [{ key: gone, value: 'garbage' }] })
    const { work } = start('one')
    await until('it to be gone', async () => (await store.get(gone)) === null)
    await work.stop(5000)
    expect(await store.get(keys.drift(api))).not.toBeNull()
  }, 60_000)
})
