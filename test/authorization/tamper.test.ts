import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { EtcdServer } from '../../demo/etcd/start.ts'
import { startEtcd } from '../../demo/etcd/start.ts'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { systemClock as clock } from '../../src/adapters/system/clock.ts'
import { createAuditAlarm } from '../../src/authorization/audit-alarm.ts'
import { createAuditLog } from '../../src/authorization/audit.ts'
import { createAuditReader } from '../../src/authorization/audit-reader.ts'
import type { AuditFact } from '../../src/authorization/chain.ts'
import { auditKeys, auditRecord, chainEnd, chainKeys, noRecord, verifyChain } from '../../src/authorization/chain.ts'
import { pruneAudit } from '../../src/authorization/retention.ts'
import { judgeChange, watchChain } from '../../src/authorization/watch-chain.ts'
import { storeAt } from '../adapters/etcd/support.ts'
import { quietLog } from '../support/quiet-log.ts'
import { demand, doorAt, request } from './support.ts'

let etcd: EtcdServer
let root: EtcdStore
let store: EtcdStore
let turn = 0

beforeAll(async () => {
  etcd = await startEtcd()
  root = storeAt(etcd.endpoint, { timeoutMs: 20_000 })
}, 40_000)

beforeEach(() => {
  turn += 1
  store = root.under(`/tamper/${turn}`)
})

afterAll(async () => {
  await root.close()
  await etcd.stop()
})

const outcome = (of: number): AuditFact => ({ kind: 'outcome', of, outcome: 'done', rollouts: [], summary: 'well' })
const put = (key: string, value: string) => store.commit({ require: [], puts: [{ key, value }] })
const drop = (...keys: string[]) => store.commit({ require: [], puts: [], deletes: keys })
const seqs = async () =>
  (await store.range('audit/0')).entries
    .map((entry) => auditRecord.read(entry))
    .map(({ seq, fact }) => [seq, fact.kind])

/** A log that has written `count` records, with what it found since. */
async function logWith(count: number) {
  const found: string[] = []
  const audit = createAuditLog({ store, clock, disturbed: (why) => found.push(why) })
  for (let n = 1; n <= count; n++) await audit.append(outcome(n))
  return { audit, found }
}

describe('a running process whose chain was changed from outside', () => {
  test('finds the head set back, writes over nothing, and records what it found first', async () => {
    const { audit, found } = await logWith(5)
    const third = await store.get(auditKeys.record(3))
    await put(auditKeys.head, chainEnd.write({ seq: 3, hash: 'x'.repeat(64) }))
    expect(third).not.toBeNull()
    await audit.append(outcome(9))
    expect(found).toEqual(['its head was set back from record 5 to 3'])
    expect(await seqs()).toEqual([1, 2, 3, 4, 5, 6, 7].map((seq) => [seq, seq === 6 ? 'disturbed' : 'outcome']))
  })

  test('finds the last records deleted together with the head, and goes on behind their numbers', async () => {
    const { audit, found } = await logWith(5)
    const two = await store.get(auditKeys.record(2))
    if (two === null) throw new Error('no record')
    await drop(auditKeys.record(4), auditKeys.record(5))
    await put(auditKeys.head, chainEnd.write({ seq: 3, hash: 'y'.repeat(64) }))
    await audit.append(outcome(9))
    expect(found).toHaveLength(1)
    expect((await seqs()).map(([seq]) => seq)).toEqual([1, 2, 3, 6, 7])
    expect(await verifyChain(store)).toMatchObject({ kind: 'broken', seq: 4 })
  })

  test('finds everything deleted', async () => {
    const { audit, found } = await logWith(3)
    await drop(auditKeys.head, auditKeys.record(1), auditKeys.record(2), auditKeys.record(3))
    await audit.append(outcome(9))
    expect(found).toEqual(['its head was set back from record 3 to 0'])
    expect((await seqs()).map(([seq]) => seq)).toEqual([4, 5])
  })

  test('finds another chain in its place', async () => {
    const { audit, found } = await logWith(2)
    await drop(auditKeys.head, auditKeys.record(1), auditKeys.record(2))
    const forged = createAuditLog({ store, clock })
    for (let n = 0; n < 4; n++) await forged.append(outcome(n))
    await audit.append(outcome(9))
    expect(found).toHaveLength(1)
    expect(found[0]).toContain('it does not follow from record 2')
  })

  test('a process that has just started finds records behind the head', async () => {
    await logWith(3)
    await put(auditKeys.head, chainEnd.write({ seq: 2, hash: 'x' }))
    const { audit, found } = await logWith(0)
    await audit.append(outcome(9))
    expect(found).toEqual(['its head says 2, but record 3 is there'])
    expect((await seqs()).at(-1)?.[0]).toBe(5)
  })

  test('a second replica does not report again what the first one recorded', async () => {
    const one = await logWith(3)
    const other = await logWith(0)
    await other.audit.append(outcome(4))
    await one.audit.append(outcome(5))
    await drop(auditKeys.record(5))
    await put(auditKeys.head, chainEnd.write(noRecord))
    await one.audit.append(outcome(6))
    await other.audit.append(outcome(7))
    expect([...one.found, ...other.found]).toHaveLength(1)
  })

  test('two replicas that only append find nothing', async () => {
    const logs = await Promise.all([logWith(0), logWith(0)])
    await Promise.all(logs.flatMap(({ audit }) => Array.from({ length: 40 }, (_, n) => audit.append(outcome(n)))))
    expect(logs.flatMap(({ found }) => found)).toEqual([])
    expect(await verifyChain(store)).toMatchObject({ kind: 'intact', last: { seq: 80 } })
  })
})

describe('the watch over a chain', () => {
  async function watched(work: () => Promise<unknown>, expected: number): Promise<readonly string[]> {
    const found: string[] = []
    const stop = new AbortController()
    const watching = watchChain({ store, chain: 'grants', clock, found: (why) => found.push(why), signal: stop.signal })
    await new Promise((resolve) => setTimeout(resolve, 500))
    await work()
    if (expected > 0) await expect.poll(() => found.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(expected)
    else await new Promise((resolve) => setTimeout(resolve, 1000))
    stop.abort()
    await watching
    return found
  }

  test('finds a record rewritten, and one deleted, at once', async () => {
    await logWith(4)
    const found = await watched(async () => {
      const two = await store.get(auditKeys.record(2))
      await put(auditKeys.record(2), (two?.value ?? '').replace('well', 'ill!'))
      await drop(auditKeys.record(1))
    }, 2)
    expect(found).toEqual(['record 2 was rewritten', 'record 1 was deleted'])
  })

  test('finds nothing while Opsee appends and cuts off the oldest', async () => {
    const { audit } = await logWith(120)
    const found = await watched(async () => {
      await pruneAudit(audit, 60)
      await audit.append(outcome(1))
    }, 0)
    expect(found).toEqual([])
    expect(await verifyChain(store)).toMatchObject({ kind: 'intact', first: 51 })
  })

  test('knows each change that Opsee does not make', () => {
    const keys = chainKeys.grants
    const bounds = { head: 9, checkpoint: 4 }
    const entry = (key: string, value: string, created = '1', modified = '1') =>
      ({ kind: 'put', entry: { key, value, created, modified } }) as const
    const end = (seq: number) => chainEnd.write({ seq, hash: 'h' })
    expect(judgeChange(keys, bounds, entry(keys.head, end(10), '1', '9'))).toMatchObject({ kind: 'fine' })
    expect(judgeChange(keys, bounds, entry(keys.head, end(8), '1', '9'))).toMatchObject({ kind: 'changed' })
    expect(judgeChange(keys, bounds, entry(keys.head, 'garbage', '1', '9'))).toMatchObject({ kind: 'changed' })
    expect(judgeChange(keys, bounds, entry(keys.checkpoint, end(3), '1', '9'))).toMatchObject({ kind: 'changed' })
    expect(judgeChange(keys, bounds, entry(keys.record(3), 'x', '1', '9'))).toMatchObject({ kind: 'changed' })
    expect(judgeChange(keys, bounds, entry(keys.record(10), 'x'))).toMatchObject({ kind: 'fine' })
    const deleted = (key: string) => judgeChange(keys, bounds, { kind: 'deleted', key, revision: '9' }).kind
    expect(deleted(keys.head)).toBe('changed')
    expect(deleted(keys.checkpoint)).toBe('changed')
    expect(deleted(keys.record(4))).toBe('fine')
    expect(deleted(keys.record(5))).toBe('ask-checkpoint')
  })
})

test('a finding is told once, by one replica, and again only when the chat was unreachable', async () => {
  const told: string[] = []
  let reachable = false
  const alarm = () =>
    createAuditAlarm({
      store,
      log: quietLog(),
      tell: async (text) => {
        if (reachable) told.push(text)
        return reachable
      },
    })
  const [one, other] = [alarm(), alarm()]
  for (const each of [one, other]) {
    each.raise('grants', 'record 2 was rewritten')
    each.raise('grants', 'record 2 was rewritten')
  }
  await one.tellWaiting()
  expect(told).toEqual([])
  reachable = true
  await other.tellWaiting()
  await one.tellWaiting()
  await one.tellWaiting()
  expect(told).toHaveLength(1)
  expect(told[0]).toContain('record 2 was rewritten')
  expect(told[0]).toContain('`/opsee audit verify`')
})

describe('denials', () => {
  test('are kept in a chain of their own, and cutting them off removes no grant', async () => {
    const { door, denials } = doorAt(store)
    const allowed = [demand('deploy', 'api', 'staging')]
    await door.authorize(request({ demands: allowed }))
    for (let n = 0; n < 160; n++) {
      await door.authorize(request({ actor: { id: 'UNOBODY', name: null }, demands: allowed }))
    }
    expect(await verifyChain(store)).toMatchObject({ kind: 'intact', last: { seq: 1 } })
    expect(await verifyChain(store, 500, 'denials')).toMatchObject({ kind: 'intact', last: { seq: 160 } })
    expect(await pruneAudit(denials, 60)).toEqual({ kind: 'done', deleted: 50 })
    expect(await pruneAudit(denials, 60)).toEqual({ kind: 'done', deleted: 50 })
    expect(await verifyChain(store, 500, 'denials')).toMatchObject({ kind: 'intact', first: 101 })
    const { rows } = await createAuditReader(store).list({ by: 'UTEAM', target: [], since: null, limit: 10 })
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ chain: 'grants', record: { fact: { decision: 'allowed' } } })
  })

  test('from before there were two chains are still read, and the old chain verifies', async () => {
    const { audit } = await logWith(2)
    const old: AuditFact = {
      kind: 'decision',
      decision: 'denied',
      actor: { id: 'UOLD', name: 'old' },
      demands: [
        { right: 'deploy', scope: { kind: 'target', target: { service: 'api', tier: 'production' } }, owner: null },
      ],
      command: 'deploy api production',
      source: 'slash',
      place: { channel: 'C1', thread: null },
      request: 'slash:old',
      policies: [],
      denial: 'You may not',
    }
    await audit.append(old)
    await doorAt(store).door.authorize(request({ demands: [demand('deploy', 'api', 'staging')] }))
    expect(await verifyChain(store)).toMatchObject({ kind: 'intact', last: { seq: 4 } })
    const list = (target: readonly string[]) =>
      createAuditReader(store).list({ by: 'old', target, since: null, limit: 10 })
    expect((await list(['production', 'api'])).rows).toHaveLength(1)
    expect((await list(['web'])).rows).toEqual([])
  })
})

test('exported lines are the stored texts, in pages', async () => {
  await logWith(5)
  const reader = createAuditReader(store)
  const first = await reader.page('grants', 0, 3)
  expect(first).toMatchObject({ last: 3, more: true })
  const second = await reader.page('grants', 3, 3)
  expect(second).toMatchObject({ last: 5 })
  const stored = (await store.range('audit/0')).entries.map(({ value }) => value)
  expect([...first.lines, ...second.lines]).toEqual(stored)
})
