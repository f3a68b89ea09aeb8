import { beforeEach, describe, expect, it } from 'vitest'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { createDriftReader } from '../../src/services/drift-memories.ts'
import { createHoldReaders } from '../../src/services/hold-readers.ts'
import { createRolloutReader } from '../../src/services/rollout-reader.ts'
import { keys } from '../../src/store/keys.ts'
import * as records from '../../src/store/records.ts'
import { ownEtcd } from '../support/own-etcd.ts'
import { releasesWith } from '../support/releases.ts'
import { ann, known, noon, pinOf, rolloutOf, stopOf, textOf, unit, world } from './fakes.ts'

/** One record is unreadable, of each kind: the commands that show records name it once and show all the rest. */

const api = { service: 'api', tier: 'production' }
const vape = { service: 'vape', tier: 'production' }
const etcd = ownEtcd()
let store: EtcdStore

const historyRow = (id: number, service: string) =>
  records.historyRecord.write({
    id,
    kind: 'deploy' as const,
    service,
    tier: 'production',
    phase: 'succeeded' as const,
    by: ann,
    reason: null,
    summary: 'ok',
    release: null,
    instances: 3,
    replaced: 3,
    createdAt: noon - 9000,
    begunAt: null,
    endedAt: noon - 8000 + id,
  })

/** A store in which every kind of record is there and can be read. */
async function fill(): Promise<void> {
  const live = rolloutOf(5, 'rolling', ['done', 'proving', 'waiting'])
  const queued = rolloutOf(6, 'queued', ['waiting'], {
    waiting: {
      for: { kind: 'turn', live: 5, ahead: [] },
      ask: { kind: 'deploy', batch: null, canary: null, only: null },
      force: false,
    },
  })
  const lock = { service: null, tier: 'staging', by: ann, why: 'db', at: noon, until: null, audit: 1 }
  const memory = { rollout: 3, processes: [], told: [], restarts: [], lines: 0, sending: null }
  const current = { at: noon - 8000, by: ann, release: null }
  const puts = [
    [keys.pin(api), records.pinRecord.write(pinOf())],
    [keys.pin(vape), records.pinRecord.write(pinOf({ service: 'vape' }))],
    [keys.stop('production'), records.stopRecord.write(stopOf())],
    [keys.stop('staging'), records.stopRecord.write(stopOf({ tier: 'staging' }))],
    [keys.tierLock('staging'), records.lockRecord.write(lock)],
    [keys.tierLock('production'), records.lockRecord.write({ ...lock, tier: 'production' })],
    [keys.targetLock(api), records.lockRecord.write({ ...lock, ...api })],
    [keys.current(api), records.currentRecord.write({ id: 1, ...current })],
    [keys.current(vape), records.currentRecord.write({ id: 2, ...current })],
    [keys.active(api), records.pointerRecord.write({ id: 5 })],
    [keys.rollout(5), records.rolloutRecord.write(live)],
    [keys.queued(api, 6), records.placeRecord.write({ id: 6, stuck: false, yes: null })],
    [keys.rollout(6), records.rolloutRecord.write(queued)],
    [keys.historyAll(1), historyRow(1, 'api')],
    [keys.historyAll(2), historyRow(2, 'vape')],
    [keys.history(api, 1), historyRow(1, 'api')],
    [keys.history(vape, 1), historyRow(2, 'vape')],
    [keys.historyCounter(null), records.counterRecord.write({ last: 2 })],
    [keys.historyCounter(api), records.counterRecord.write({ last: 1 })],
    [keys.historyCounter(vape), records.counterRecord.write({ last: 1 })],
    [keys.rollout(1), records.rolloutRecord.write(rolloutOf(1, 'succeeded', ['done', 'done', 'done']))],
    [keys.rollout(2), records.rolloutRecord.write(rolloutOf(2, 'succeeded', ['done']))],
    [keys.drift(vape), records.driftMemoryRecord.write(memory)],
    [keys.event(5, 1), eventOf(1)],
    [keys.event(5, 2), eventOf(2)],
  ].map(([key = '', value = '']) => ({ key, value }))
  await store.commit({ require: [], puts })
}

const eventOf = (seq: number): string =>
  records.eventRecord.write({ rollout: 5, seq, at: noon, fact: { kind: 'batch-done', batch: seq } })

const garbage = ['', '{', '[]', '{"v":9,"is":{}}', '{"v":1,"is":{"unexpected":true}}']

async function spoil(key: string, value: string): Promise<void> {
  await store.commit({ require: [], puts: [{ key, value }] })
}

const shop = () =>
  world({
    read: (read) => ({
      clusters: {
        of: () => ({
          ...read.clusters.of('production'),
          observe: async () => known(unit('api@1.service', '10.0.0.1'), unit('vape@1.service', '10.0.0.2')),
        }),
      },
      ...createHoldReaders(store, { now: () => noon, monotonic: () => 0, sleep: async () => undefined }),
      rollouts: createRolloutReader(store, [api, vape]),
      drift: createDriftReader(store),
      releases: releasesWith({}, []),
    }),
  })

let round = 0
beforeEach(async () => {
  store = etcd.newStore(`/unreadable-${round++}/`)
  await fill()
})

/** The commands that read the record, and what each shows all the same. */
const cases: readonly (readonly [key: string, commands: Readonly<Record<string, string>>])[] = [
  [keys.pin(api), { status: '*pinned* to v2', 'status api production': 'api@1', 'releases production': '`vape' }],
  [
    keys.stop('production'),
    { status: 'staging`  *stopped*', locks: 'staging`  *stopped*', 'status production': '*vape' },
  ],
  [keys.tierLock('production'), { status: '*locked* by @ann: db', locks: 'all of staging', 'locks production': 'api' }],
  [keys.targetLock(api), { status: '*locked* by @ann: db', locks: 'all of staging' }],
  [
    keys.current(api),
    { status: 'last good: rollout 2', 'status api production': 'api@1', 'releases production': '`vape' },
  ],
  [keys.current(vape), { 'drift production': 'rollout 5' }],
  [
    keys.active(api),
    { status: 'a rollout is in progress', 'drift production': 'never rolled out', 'status production': '*vape' },
  ],
  [keys.rollout(5), { status: 'a rollout is in progress', 'drift production': 'never rolled out' }],
  [keys.rollout(6), { status: 'rollout 5', queue: '`6`', 'queue api production': '`6`' }],
  [keys.queued(api, 6), { status: 'rollout 5', queue: '`6`  deploy by @ann' }],
  [keys.historyAll(1), { history: '`2`' }],
  [keys.historyAll(2), { history: '`1`' }],
  [
    keys.history(api, 1),
    { 'history api production': 'history/', 'history production': '`2`', status: 'last good: rollout 1' },
  ],
  [keys.historyCounter(null), { history: '`1`' }],
  [keys.historyCounter(api), { 'history production': '`1`', status: 'last good: rollout 1' }],
  [keys.rollout(1), { 'status api production': 'api@1' }],
  [keys.drift(vape), { 'drift production': 'rollout 5' }],
  [keys.history(vape, 1), { 'drift production': 'rollout 5' }],
  [keys.event(5, 1), { 'show 5': 'atch 3' }],
]

describe.each(cases)('An unreadable %s', (key, commands) => {
  it.each(Object.entries(commands))('costs `%s` one line that names it, and %j stays', async (command, rest) => {
    for (const value of garbage) {
      await spoil(key, value)
      const { say, logged } = await shop()
      const reply = await say(command)
      expect(textOf(reply)).toContain(rest)
      const lines = textOf(reply)
        .split('\n')
        .filter((line) => line.includes(` ${key} `))
      expect(lines, `${command}: ${textOf(reply)}`).toHaveLength(1)
      expect(lines[0]).toMatch(/^⚠️ The record .* in etcd cannot be read: /)
      expect(reply.outcome).toBe('done')
      expect(logged.filter(({ level }) => level === 'error')).toEqual([])
      expect((await store.get(key))?.value).toBe(value)
    }
  })
})

it('names no record while every one can be read', async () => {
  const { say } = await shop()
  for (const command of ['status', 'drift', 'locks', 'queue', 'history', 'releases production', 'show 5', 'status api'])
    expect(textOf(await say(command))).not.toContain('cannot be read')
})

it('lifts no lock of which nobody can read whose it is, and lifts the others', async () => {
  await spoil(keys.tierLock('production'), '{')
  const { say, did } = await shop()
  const reply = await say('unlock production')
  expect(reply.outcome).toBe('refused')
  expect(textOf(reply)).toContain('The record locks/production in etcd cannot be read')
  expect(did.unlocked).toBe(0)
  await say('unlock api production')
  expect(did.unlocked).toBe(1)
})
