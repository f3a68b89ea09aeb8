import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { EtcdServer } from '../../demo/etcd/start.ts'
import { startEtcd } from '../../demo/etcd/start.ts'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import type { AuditLog } from '../../src/authorization/audit.ts'
import { createAuditLog } from '../../src/authorization/audit.ts'
import type { AuditFact } from '../../src/authorization/chain.ts'
import { auditKeys, auditRecord, chainEnd, hashOf, verifyChain } from '../../src/authorization/chain.ts'
import { expireRequests, keepAuditBounded, pruneAudit } from '../../src/authorization/retention.ts'
import { systemClock as clock } from '../../src/adapters/system/clock.ts'
import { storeAt } from '../adapters/etcd/support.ts'
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
  store = root.under(`/audit/${turn}`)
})

afterAll(async () => {
  await root.close()
  await etcd.stop()
})

const outcome = (of: number): AuditFact => ({ kind: 'outcome', of, outcome: 'done', rollouts: [], summary: 'well' })
const log = () => createAuditLog({ store, clock })

async function appendMany(audit: AuditLog, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => audit.append(outcome(n))))
}

async function overwrite(key: string, change: (value: string) => string): Promise<void> {
  const value = (await store.get(key))?.value ?? ''
  await store.commit({ require: [], puts: [{ key, value: change(value) }] })
}

describe('the chain', () => {
  test('is intact while empty', async () => {
    expect(await verifyChain(store)).toMatchObject({ kind: 'intact', last: { seq: 0 } })
  })

  test('verifies after two replicas raced for 100 records each', async () => {
    await Promise.all([appendMany(log(), 100), appendMany(log(), 100)])
    expect(await verifyChain(store)).toMatchObject({ kind: 'intact', first: 1, last: { seq: 200 } })
    const { entries } = await store.range('audit/0')
    expect(entries.map((entry) => auditRecord.read(entry).seq)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1))
  })

  test.each([
    ['changed', (key: string) => overwrite(key, (value) => value.replace('well', 'ill!'))],
    ['taken out', (key: string) => store.commit({ require: [], puts: [], deletes: [key] })],
    ['garbage', (key: string) => overwrite(key, () => 'not json')],
  ])('tells which record was %s', async (_word, tamper) => {
    await appendMany(log(), 10)
    await tamper(auditKeys.record(5))
    const verified = await verifyChain(store)
    expect(verified.kind).toBe('broken')
    // A change shows in the record behind it, which carries the hash.
    expect(verified).toMatchObject({ seq: expect.toSatisfy((seq: number) => seq === 5 || seq === 6) })
  })

  test('tells when the last record was changed', async () => {
    await appendMany(log(), 3)
    await overwrite(auditKeys.record(3), (value) => value.replace('well', 'ill!'))
    expect(await verifyChain(store)).toMatchObject({ kind: 'broken', seq: 3 })
  })

  test('tells when the last records were taken out', async () => {
    await appendMany(log(), 3)
    await store.commit({ require: [], puts: [], deletes: [auditKeys.record(2), auditKeys.record(3)] })
    expect(await verifyChain(store)).toMatchObject({ kind: 'broken', seq: 2 })
  })

  test('hashes the stored bytes', async () => {
    const audit = log()
    await appendMany(audit, 2)
    const first = await store.get(auditKeys.record(1))
    const second = await store.get(auditKeys.record(2))
    if (first === null || second === null) throw new Error('no records')
    expect(auditRecord.read(second).prev).toBe(hashOf(first.value))
  })

  test('is read over many pages', async () => {
    await appendMany(log(), 40)
    for (const pageSize of [1, 7, 40]) {
      expect(await verifyChain(store, pageSize)).toMatchObject({ kind: 'intact', last: { seq: 40 } })
    }
  })
})

describe('appending', () => {
  test('never writes over a record that is there although the head does not say so', async () => {
    await appendMany(log(), 2)
    const second = await store.get(auditKeys.record(2))
    await overwrite(auditKeys.head, () => chainEnd.write({ seq: 1, hash: 'x' }))
    expect(await log().append(outcome(9))).toMatchObject({ kind: 'appended', seq: 4 })
    expect((await store.get(auditKeys.record(2)))?.value).toBe(second?.value)
    const third = await store.get(auditKeys.record(3))
    expect(third === null ? null : auditRecord.read(third).fact).toMatchObject({ kind: 'disturbed' })
  })

  test('stops at a head that is garbage, names it, and leaves it', async () => {
    await appendMany(log(), 1)
    await overwrite(auditKeys.head, () => 'garbage')
    await expect(log().append(outcome(9))).rejects.toThrow('audit/head')
    expect((await store.get(auditKeys.head))?.value).toBe('garbage')
  })

  test('goes on after a failed one', async () => {
    const audit = log()
    await appendMany(audit, 1)
    const [conflict, fine] = await Promise.all([
      audit.append(outcome(1), {
        rider: () => ({ require: [{ kind: 'absent', key: auditKeys.head }], puts: [] }),
      }),
      audit.append(outcome(1)),
    ])
    expect(conflict.kind).toBe('conflict')
    expect(fine).toMatchObject({ kind: 'appended', seq: 2 })
  })
})

describe('retention', () => {
  test('cuts the oldest off in steps, and what is left still verifies', async () => {
    const audit = log()
    await appendMany(audit, 180)
    expect(await pruneAudit(audit, 60)).toEqual({ kind: 'done', deleted: 50 })
    expect(await verifyChain(store)).toMatchObject({ kind: 'intact', first: 51, last: { seq: 181 } })
    expect(await pruneAudit(audit, 60)).toEqual({ kind: 'done', deleted: 50 })
    expect(await pruneAudit(audit, 60)).toEqual({ kind: 'done', deleted: 0 })
    expect(await verifyChain(store)).toMatchObject({ kind: 'intact', first: 101, last: { seq: 182 } })
    expect((await store.range('audit/0')).entries).toHaveLength(82)
  })

  test('keeps the chain whole while two replicas prune and others append', async () => {
    const audit = log()
    await appendMany(audit, 300)
    const other = log()
    await Promise.all([
      pruneAudit(audit, 60),
      pruneAudit(other, 60),
      appendMany(audit, 30),
      appendMany(other, 30),
      verifyChain(store).then((verified) => expect(verified.kind).toBe('intact')),
    ])
    expect(await verifyChain(store)).toMatchObject({ kind: 'intact', first: 51 })
  })

  test('does not delete what does not verify', async () => {
    const audit = log()
    await appendMany(audit, 120)
    await overwrite(auditKeys.record(10), (value) => value.replace('well', 'ill!'))
    expect(await pruneAudit(audit, 60)).toMatchObject({ kind: 'refused' })
    expect(await store.get(auditKeys.record(1))).not.toBeNull()
  })

  test('a checkpoint that somebody else moved is found out', async () => {
    const audit = log()
    await appendMany(audit, 120)
    await pruneAudit(audit, 60)
    const sixty = await store.get(auditKeys.record(60))
    const forged = chainEnd.write({ seq: 60, hash: hashOf(sixty?.value ?? '') })
    const gone = Array.from({ length: 10 }, (_, n) => auditKeys.record(51 + n))
    await store.commit({ require: [], puts: [{ key: auditKeys.checkpoint, value: forged }], deletes: gone })
    expect(await verifyChain(store)).toMatchObject({ kind: 'broken', seq: 60 })
  })

  test('forgets the keys of requests after a day, oldest first, and not those of today', async () => {
    const { audit, door } = doorAt(store)
    const demands = [demand('deploy', 'api', 'staging')]
    for (let n = 0; n < 60; n += 1) await door.authorize(request({ demands }))
    const requests = async () => (await store.range('requests/', { keysOnly: true })).entries.length
    expect(await expireRequests(audit, Date.now())).toEqual({ kind: 'done', deleted: 0 })
    expect(await requests()).toBe(60)
    const tomorrow = Date.now() + 25 * 3_600_000
    expect(await expireRequests(audit, tomorrow)).toEqual({ kind: 'done', deleted: 50 })
    expect(await expireRequests(audit, tomorrow)).toEqual({ kind: 'done', deleted: 10 })
    expect(await expireRequests(audit, tomorrow)).toEqual({ kind: 'done', deleted: 0 })
    expect(await requests()).toBe(0)
    expect(await verifyChain(store)).toMatchObject({ kind: 'intact', last: { seq: 60 } })
  })

  test('keeps tidy by itself, and says what stands in the way', async () => {
    const audit = log()
    await appendMany(audit, 250)
    const stop = new AbortController()
    const warnings: string[] = []
    const deps = { audit, keep: 60, warn: (message: string) => warnings.push(message), signal: stop.signal }
    const sleep = async () => stop.abort()
    await keepAuditBounded({ ...deps, clock: { ...clock, sleep } })
    expect(await verifyChain(store)).toMatchObject({ kind: 'intact', first: 151 })
    expect(warnings).toEqual([])
    await overwrite(auditKeys.checkpoint, () => 'garbage')
    const again = new AbortController()
    await keepAuditBounded({ ...deps, signal: again.signal, clock: { ...clock, sleep: async () => again.abort() } })
    expect(warnings.join('\n')).toContain('audit/checkpoint')
  })
})
