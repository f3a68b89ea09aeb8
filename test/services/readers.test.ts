import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { createDiscovery } from '../../src/services/discovery.ts'
import { parseAnnouncement } from '../../src/domain/announcement.ts'
import { BadCursor } from '../../src/services/history-pages.ts'
import { createRedact } from '../../src/config/redact.ts'
import { createKeyReader } from '../../src/services/key-reader.ts'
import { createRolloutReader } from '../../src/services/rollout-reader.ts'
import { createStopReader } from '../../src/services/stops.ts'
import { prune } from '../../src/services/retention.ts'
import { UnreadableRecord } from '../../src/store/record.ts'
import type { Phase } from '../../src/domain/rollout.ts'
import { endingWrites } from '../../src/rollout/ending.ts'
import { keys } from '../../src/store/keys.ts'
import {
  counterRecord,
  eventRecord,
  historyRecord,
  pointerRecord,
  rolloutRecord,
  stopRecord,
} from '../../src/store/records.ts'
import { planOf, rolloutOf } from '../support/rollouts.ts'
import { ownEtcd } from '../support/own-etcd.ts'

const api = { service: 'api', tier: 'production' }
const vape = { service: 'vape', tier: 'production' }

const etcd = ownEtcd()
let store: EtcdStore
beforeAll(() => {
  store = etcd.newStore('/r/')
})

async function addHistory(rows: number): Promise<void> {
  const counts = new Map([api, vape].map((target) => [target, 0]))
  for (let id = 1; id <= rows; id++) {
    const target = id % 3 === 0 ? vape : api
    const n = (counts.get(target) ?? 0) + 1
    counts.set(target, n)
    const row = historyRecord.write({
      id,
      kind: 'deploy',
      ...target,
      phase: 'succeeded',
      by: { id: 'U1', name: null },
      reason: null,
      summary: 'ok',
      release: null,
      instances: 3,
      replaced: 3,
      createdAt: id * 1000,
      begunAt: null,
      endedAt: id * 1000 + 500,
    })
    await store.commit({
      require: [],
      puts: [
        { key: keys.historyAll(id), value: row },
        { key: keys.history(target, n), value: row },
        { key: keys.historyCounter(null), value: counterRecord.write({ last: id }) },
        { key: keys.historyCounter(target), value: counterRecord.write({ last: n }) },
      ],
    })
  }
}

describe('what the rollouts of a target left', () => {
  let own: EtcdStore
  beforeAll(() => {
    own = etcd.newStore('/left/')
  })
  const target = { service: 'api', tier: 'production' }
  const unit = (n: number) => `api@${n}.service`
  const end = async (id: number, phase: Phase, plan: Parameters<typeof planOf>[0]): Promise<void> => {
    const base = rolloutOf(planOf({ units: [unit(1)], ...plan }), { id, phase })
    const instances = base.instances.map((one) => ({ ...one, stage: 'done' as const, replaced: true, upAt: 1 }))
    const ended = { ...base, instances, endedAt: id }
    const writes = await endingWrites(own, { phase: 'rolling' }, ended, [])
    const record = { key: keys.rollout(id), value: rolloutRecord.write(ended) }
    await own.commit({ require: [], puts: [record, ...writes.puts] })
  }

  it('is read to the last success, past a cancelled one and to who made what was left out', async () => {
    const reader = createRolloutReader(own, [target])
    expect(await reader.left(target)).toEqual({ ended: null, meant: null, copies: [], unreadable: [] })
    await end(1, 'failed', { units: [unit(1)] })
    expect((await reader.left(target)).ended).toMatchObject({ id: 1, phase: 'failed' })
    expect((await reader.left(target)).meant?.units.map((one) => one.unit)).toEqual([unit(1)])
    await end(2, 'succeeded', { units: [unit(2)] })
    await end(3, 'succeeded', { units: [unit(3)], leftOut: [{ unit: unit(2), stopped: false }] })
    await end(4, 'failed', { units: [unit(3)] })
    const { ended, meant } = await reader.left(target)
    expect(ended).toMatchObject({ id: 4, phase: 'failed', endedAt: 4 })
    expect(meant?.units.map(({ unit: name, id, how }) => [name, id, how])).toEqual([
      [unit(3), 4, 'running'],
      [unit(2), 3, 'left-out'],
    ])
  })

  it('is not known past a record that cannot be read, and that one is named', async () => {
    const reader = createRolloutReader(own, [target])
    await own.commit({ require: [], puts: [{ key: keys.rollout(3), value: '{' }] })
    const left = await reader.left(target)
    expect(left.ended).toMatchObject({ id: 4 })
    expect(left.meant).toBeNull()
    expect(left.unreadable.map(({ key }) => key)).toEqual([keys.rollout(3)])
  })
})

describe('history', () => {
  it.each([
    ['of all', null, null, 25],
    ['of one target', 'api', 'production', 17],
    ['of a tier, from several indexes', null, 'production', 25],
  ] as const)('%s is read newest first, page by page, each row once', async (_, service, tier, total) => {
    if ((await store.get(keys.historyCounter(null))) === null) await addHistory(25)
    const reader = createRolloutReader(store, [api, vape])
    const seen: number[] = []
    let before: string | null = null
    for (let page = 0; page < 20; page++) {
      const answer = await reader.history({ service, tier, limit: 4, before })
      expect(answer.rows, 'no page is empty').not.toEqual([])
      seen.push(...answer.rows.map((row) => row.id))
      before = answer.older
      if (before === null) break
    }
    expect(seen).toHaveLength(total)
    expect(new Set(seen).size).toBe(total)
    expect(seen).toEqual([...seen].sort((a, b) => b - a))
  })

  it('has nothing older behind a page that shows all there is', async () => {
    if ((await store.get(keys.historyCounter(null))) === null) await addHistory(25)
    const reader = createRolloutReader(store, [api, vape])
    const older = async (limit: number, before: string | null = null) =>
      (await reader.history({ ...vape, limit, before })).older
    expect(await older(9)).toBeNull()
    expect(await older(8)).toBeNull()
    const last = await older(7)
    expect(last).not.toBeNull()
    expect(await older(7, last)).toBeNull()
  })

  it('refuses a cursor that is none, and says what to do', async () => {
    const reader = createRolloutReader(store, [api])
    await expect(reader.history({ service: null, tier: null, limit: 4, before: 'x y' })).rejects.toThrow(BadCursor)
  })

  it('asks the store once when it has read the page before, and shows the newest rows however many came since', async () => {
    const own = etcd.newStore('/p/')
    let questions = 0
    const reader = createRolloutReader(
      {
        ...own,
        get(key) {
          questions++
          return own.get(key)
        },
        range(prefix, options) {
          questions++
          return own.range(prefix, options)
        },
      },
      [],
    )
    const ids = async () =>
      (await reader.history({ service: null, tier: null, limit: 4, before: null })).rows.map(({ id }) => id)
    const row = async (id: number): Promise<void> => {
      const value = (await store.get(keys.historyAll(1)))?.value ?? ''
      const { is } = z.object({ is: z.record(z.string(), z.unknown()) }).parse(JSON.parse(value))
      const text = JSON.stringify({ v: 1, w: `${id}`, is: { ...is, id, endedAt: id * 1000 } })
      await own.commit({
        require: [],
        puts: [
          { key: keys.historyAll(id), value: text },
          { key: keys.historyCounter(null), value: counterRecord.write({ last: id }) },
        ],
      })
    }
    if ((await store.get(keys.historyCounter(null))) === null) await addHistory(25)
    expect(await ids()).toEqual([])
    for (let id = 1; id <= 6; id++) await row(id)
    expect(await ids()).toEqual([6, 5, 4, 3])
    questions = 0
    expect(await ids()).toEqual([6, 5, 4, 3])
    expect(questions).toBe(1)
    for (let id = 7; id <= 9; id++) await row(id)
    expect(await ids()).toEqual([9, 8, 7, 6])
    for (let id = 10; id <= 18; id++) await row(id)
    expect(await ids()).toEqual([18, 17, 16, 15])
    expect(questions).toBe(3)
    // Ten and more than ten at once: what was read does not say which is the last.
    for (let id = 19; id <= 28; id++) await row(id)
    expect(await ids()).toEqual([28, 27, 26, 25])
    for (let id = 29; id <= 47; id++) await row(id)
    expect(await ids()).toEqual([47, 46, 45, 44])
    // Retention has taken some of them away.
    for (let id = 1; id <= 45; id++) await own.commit({ require: [], puts: [], deletes: [keys.historyAll(id)] })
    expect(await ids()).toEqual([47, 46])
  })
})

describe('stops', () => {
  it('are those of the tiers whose last word is a stop', async () => {
    const word = { tier: 'production', by: { id: 'U1', name: null }, why: 'down', at: 5, audit: 1 }
    const reader = createStopReader(store)
    const put = (kind: 'stop' | 'go') =>
      store.commit({
        require: [],
        puts: [{ key: keys.stop('production'), value: stopRecord.write({ ...word, kind }) }],
      })
    expect(await reader.on('production')).toBeNull()
    await put('stop')
    expect(await reader.on('production')).toEqual({ ...word, kind: 'stop' })
    expect(await reader.on('staging')).toBeNull()
    expect((await reader.all()).records).toHaveLength(1)
    await put('go')
    expect(await reader.on('production')).toBeNull()
    expect((await reader.all()).records).toEqual([])
  })
})

describe('records', () => {
  it('that are garbage are named and left untouched', async () => {
    const key = keys.rollout(900)
    await store.commit({ require: [], puts: [{ key, value: '{"v":1,"w":"x","is":{"id":"no"}}' }] })
    const reader = createRolloutReader(store, [api])
    await expect(reader.get(900)).rejects.toThrow(UnreadableRecord)
    await expect(reader.get(900)).rejects.toThrow(key)
    expect((await store.get(key))?.value).toContain('"no"')
  })
})

describe('the rollouts of a thread', () => {
  it('are found by the thread alone, oldest first', async () => {
    const at = { channel: 'C7', thread: '7.7' }
    const shown = (id: number, thread: string) => [
      { key: keys.rollout(id), value: rolloutRecord.write({ ...rolloutOf(planOf()), id }) },
      { key: keys.threadAt('C7', thread, id), value: pointerRecord.write({ id }) },
    ]
    await store.commit({ require: [], puts: [...shown(702, '7.7'), ...shown(701, '7.7'), ...shown(703, '7.71')] })
    const reader = createRolloutReader(store, [api])
    expect((await reader.inThread(at)).map(({ id }) => id)).toEqual([701, 702])
    expect(await reader.inThread({ channel: 'C8', thread: '7.7' })).toEqual([])
    expect(await reader.inThread({ channel: 'C7', thread: null })).toEqual([])
    await store.commit({ require: [], puts: [], deletes: [701, 702, 703].map(keys.rollout) })
  })
})

describe('retention', () => {
  it('deletes what is older than what is kept, with all that belongs to it, and nothing that lives', async () => {
    for (let id = 1; id <= 12; id++) {
      const phase = id === 2 ? 'rolling' : 'succeeded'
      const event = { rollout: id, seq: 1, at: 1, fact: { kind: 'batch-done', batch: 0 } } as const
      await store.commit({
        require: [],
        puts: [
          { key: keys.rollout(id), value: rolloutRecord.write({ ...rolloutOf(planOf()), id, phase }) },
          { key: keys.event(id, 1), value: eventRecord.write(event) },
          { key: keys.rolloutCounter, value: counterRecord.write({ last: id }) },
          {
            key: keys.thread(id),
            value: JSON.stringify({ v: 1, w: 'x', is: { home: { channel: 'C1', thread: `${id}.1` } } }),
          },
          { key: keys.threadAt('C1', `${id}.1`, id), value: pointerRecord.write({ id }) },
        ],
      })
    }
    expect(await prune(store, [api, vape], 5)).toBe(6)
    const left = await store.range(keys.rollouts, { keysOnly: true, limit: 50 })
    expect(left.entries.map((entry) => Number(entry.key.slice(-12))).filter((id) => id < 900)).toEqual([
      2, 8, 9, 10, 11, 12,
    ])
    expect((await store.range(keys.events(1))).entries).toEqual([])
    expect((await store.range(keys.events(2))).entries).toHaveLength(1)
    const threads = await store.range('thread-at/C1/', { keysOnly: true })
    expect(threads.entries.map(({ key }) => Number(key.slice(-12)))).toEqual(expect.arrayContaining([2, 8, 12]))
    expect(threads.entries).toHaveLength(6)
    expect(await prune(store, [api, vape], 5)).toBe(0)
  })
})

describe('keys that people ask for', () => {
  it('are shown under the allowed prefixes only, secrets masked', async () => {
    const absolute = store.under('')
    await absolute.commit({
      require: [],
      puts: [
        { key: '/app/url', value: 'http://vape.internal' },
        { key: '/app/db_password', value: 'hunter2' },
        { key: '/app/dsn', value: 'postgres://bob:hunter2@db/x' },
        { key: '/app/note', value: 'token=abcdefabcdef' },
        { key: '/other/x', value: 'y' },
      ],
    })
    const reader = createKeyReader(absolute, { prefixes: ['/app/'], secretWords: ['password'] }, createRedact([]))
    expect(await reader.get('/app/url')).toMatchObject({ kind: 'value', value: 'http://vape.internal', masked: false })
    for (const key of ['/app/db_password', '/app/dsn', '/app/note']) {
      const answer = await reader.get(key)
      expect(answer).toMatchObject({ kind: 'value', masked: true })
      expect(JSON.stringify(answer)).not.toContain('hunter2')
    }
    expect(await reader.get('/other/x')).toMatchObject({ kind: 'not-allowed' })
    expect(await reader.get('/app/../other/x')).toMatchObject({ kind: 'none' })
    expect(await reader.list('/', { keysOnly: false, limit: 10 })).toMatchObject({ kind: 'not-allowed' })
    expect(await reader.list('/app/', { keysOnly: false, limit: 2 })).toMatchObject({ kind: 'list', more: true })
  })

  it('are never those of a neighbour whose name begins like an allowed prefix', async () => {
    const absolute = store.under('')
    await absolute.commit({
      require: [],
      puts: [
        { key: '/shop/a', value: '1' },
        { key: '/shop-private/b', value: '2' },
      ],
    })
    const reader = createKeyReader(absolute, { prefixes: ['/shop/'], secretWords: [] }, createRedact([]))
    const listed = await reader.list('/shop', { keysOnly: false, limit: 10 })
    expect(listed).toMatchObject({ kind: 'list', entries: [{ key: '/shop/a' }], more: false })
  })

  it('that are not there are answered with a prefix that may be listed', async () => {
    const reader = createKeyReader(store.under(''), { prefixes: ['/shop/'], secretWords: [] }, createRedact([]))
    for (const [key, near] of [
      ['/shop', '/shop/'],
      ['/shop/none', '/shop/'],
      ['/shop/none/x', '/shop/none/'],
    ] as const) {
      expect(await reader.get(key)).toEqual({ kind: 'none', key, near })
      expect((await reader.list(near, { keysOnly: true, limit: 1 })).kind).toBe('list')
    }
  })

  it('announce services in the layout of registrator; what does not fit is named', async () => {
    const below = store.under('/registrator/')
    await below.commit({
      require: [],
      puts: [
        { key: 'api/f1:api-1:8080', value: '127.0.0.11:8080' },
        { key: 'api/f2:api-2:8080', value: 'nonsense' },
        { key: 'api', value: '127.0.0.1:1' },
      ],
    })
    expect(await createDiscovery(below).announced('all')).toEqual({
      list: [parseAnnouncement('api/f1:api-1:8080', '127.0.0.11:8080')],
      unreadable: ['api/f2:api-2:8080'],
      complete: true,
    })
  })
})
