import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../../demo/etcd/ports.ts'
import { startEtcd, type EtcdServer } from '../../../demo/etcd/start.ts'
import type { EtcdStore } from '../../../src/adapters/etcd/store.ts'
import { startProxy } from '../../support/tcp-proxy.ts'
import { base64, create, follow, operate, storeAt, timed } from './support.ts'

const password = 'correct horse battery'

describe('an etcd with users', () => {
  let etcd: EtcdServer
  let admin: EtcdStore
  let mine: EtcdStore

  beforeAll(async () => {
    etcd = await startEtcd({ flags: ['--auth-token-ttl=1'] })
    const ask = (path: string, body: object) => operate(etcd.endpoint, `auth/${path}`, body)
    await ask('user/add', { name: 'root', password })
    await ask('user/add', { name: 'bot', password })
    await ask('role/add', { name: 'root' })
    await ask('role/add', { name: 'bot' })
    await ask('role/grant', {
      name: 'bot',
      perm: { permType: 'READWRITE', key: base64('/mine/'), range_end: base64('/mine0') },
    })
    await ask('user/grant', { user: 'root', role: 'root' })
    await ask('user/grant', { user: 'bot', role: 'bot' })
    await ask('enable', {})
    admin = storeAt(etcd.endpoint, { auth: { user: 'root', password } })
    mine = storeAt(etcd.endpoint, { prefix: '/mine', auth: { user: 'bot', password } })
  }, 40_000)

  afterAll(async () => {
    await admin.close()
    await mine.close()
    await etcd.stop()
  })

  test('lets its user do everything below the prefix', async () => {
    expect(await mine.commit(create('a', 'x'))).toMatchObject({ kind: 'committed' })
    expect(await mine.get('a')).toMatchObject({ value: 'x' })
    const lease = await mine.grant(2000)
    await mine.commit({ require: [], puts: [{ key: 'leased', value: 'x', lease: lease.id }] })
    await lease.release()
    expect(await mine.get('leased')).toBeNull()
    expect(await mine.check()).toMatchObject({ alarms: [] })
  })

  test('says at once that a key is not allowed', async () => {
    const other = mine.under('/other')
    const refusal = { name: 'StoreUnavailable', refused: 'permission' }
    await expect(other.get('a')).rejects.toMatchObject(refusal)
    await expect(other.range('')).rejects.toMatchObject(refusal)
    await expect(other.check()).rejects.toMatchObject(refusal)
    const { error, ms } = await timed(other.within(10_000).commit(create('a', 'x')))
    expect(error).toMatchObject({ ...refusal, message: expect.stringContaining('may not touch these keys') })
    expect(ms).toBeLessThan(5000)
  })

  test('refuses a key to whoever asked for it, and to nobody who asked for another in the same turn', async () => {
    await mine.commit({ require: [], puts: [{ key: 'allowed', value: 'x' }] })
    const all = mine.under('')
    const asked = ['/mine/allowed', '/other/a', '/mine/nothing'].map((key) => all.get(key))
    const [allowed, other, nothing] = await Promise.allSettled(asked)
    expect(allowed).toMatchObject({ status: 'fulfilled', value: { key: '/mine/allowed', value: 'x' } })
    expect(other).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable', refused: 'permission' } })
    expect(nothing).toEqual({ status: 'fulfilled', value: null })
  })

  test('says at once that the password is wrong, and never tells it', async () => {
    const wrong = storeAt(etcd.endpoint, { auth: { user: 'bot', password: 'hunter2' }, timeoutMs: 10_000 })
    const { error, ms } = await timed(wrong.get('a'))
    await wrong.close()
    expect(error).toMatchObject({ refused: 'login' })
    expect(ms).toBeLessThan(5000)
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2')
  })

  test('says that it wants a user when none is given', async () => {
    const nobody = storeAt(etcd.endpoint)
    await expect(nobody.get('a')).rejects.toMatchObject({ refused: 'login' })
    await nobody.close()
  })

  test('logs in again when a login has expired, in calls and in a watch', async () => {
    const proxy = await startProxy(etcd.endpoint)
    const store = storeAt(proxy.endpoint, { prefix: '/mine', auth: { user: 'bot', password } })
    const { revision } = await store.range('')
    const followed = follow(store, 'w/', revision)
    await admin.under('/mine').commit(create('w/1', 'x'))
    await followed.until((changes) => changes.length === 1)
    await wait(2200)
    proxy.cut()
    await admin.under('/mine').commit(create('w/2', 'x'))
    await followed.until((changes) => changes.length === 2)
    await wait(2200)
    expect(await store.get('w/2')).toMatchObject({ value: 'x' })
    await followed.end()
    await store.close()
    await proxy.close()
    expect(followed.changes).toMatchObject([{ entry: { key: 'w/1' } }, { entry: { key: 'w/2' } }])
  })

  test('a watch that is not allowed waits, and begins when it is', async () => {
    const other = mine.under('/later')
    const followed = follow(other, '', '0')
    await wait(300)
    await admin.under('/later').commit(create('a', 'x'))
    expect(followed.changes).toEqual([])
    const login = await operate(etcd.endpoint, 'auth/authenticate', { name: 'root', password })
    const token = /"token":"([^"]+)"/.exec(JSON.stringify(login))?.[1]
    const perm = { permType: 'READ', key: base64('/later/'), range_end: base64('/later0') }
    await operate(etcd.endpoint, 'auth/role/grant', { name: 'bot', perm }, token)
    await followed.until((changes) => changes.length === 1)
    await followed.end()
    expect(followed.changes).toMatchObject([{ kind: 'put', entry: { key: 'a' } }])
  })
})

describe('an etcd with little room', () => {
  let etcd: EtcdServer
  let store: EtcdStore

  beforeAll(async () => {
    etcd = await startEtcd({ flags: ['--quota-backend-bytes=8000000'] })
    store = storeAt(etcd.endpoint)
  }, 40_000)

  afterAll(async () => {
    await store.close()
    await etcd.stop()
  })

  test('says at once that a value is too large', async () => {
    const { error, ms } = await timed(store.within(10_000).commit(create('big', 'x'.repeat(2_000_000))))
    expect(error).toMatchObject({ refused: 'too-large' })
    expect(ms).toBeLessThan(5000)
    const many = Array.from({ length: 200 }, (_, at) => ({ key: `k/${at}`, value: 'x' }))
    await expect(store.commit({ require: [], puts: many })).rejects.toMatchObject({ refused: 'too-large' })
  })

  test('says at once that it is full, tells it in the check, and still reads', async () => {
    await store.commit(create('small', 'x'))
    let refusal: unknown = null
    for (let at = 0; refusal === null && at < 30; at++) {
      refusal = (await timed(store.commit(create(`fill/${at}`, 'x'.repeat(900_000))))).error ?? null
    }
    expect(refusal).toMatchObject({ refused: 'out-of-space', message: expect.stringContaining('NOSPACE') })
    expect(await store.get('small')).toMatchObject({ value: 'x' })
    expect((await store.check()).alarms).toEqual(['NOSPACE'])
    expect((await store.check()).dbSizeBytes).toBeGreaterThan(4_000_000)
  })
})

describe('an etcd that speaks TLS', () => {
  const file = (name: string) => join(import.meta.dirname, 'tls', name)
  const pem = (name: string) => readFile(file(name), 'utf8')
  let etcd: EtcdServer
  let endpoint: string

  beforeAll(async () => {
    const [port] = await freePorts(1)
    const [healthPort] = await freePorts(1)
    endpoint = `https://localhost:${port}`
    etcd = await startEtcd({
      port: Number(healthPort),
      flags: [
        `--listen-client-urls=https://127.0.0.1:${port}`,
        `--advertise-client-urls=${endpoint}`,
        `--listen-metrics-urls=http://127.0.0.1:${healthPort}`,
        `--cert-file=${file('server.pem')}`,
        `--key-file=${file('server-key.pem')}`,
        `--trusted-ca-file=${file('ca.pem')}`,
        '--client-cert-auth',
      ],
    })
  }, 40_000)

  afterAll(async () => {
    await etcd.stop()
  })

  test('takes us with our certificate, watch and lease as well', async () => {
    const tls = { ca: await pem('ca.pem'), cert: await pem('client.pem'), key: await pem('client-key.pem') }
    const store = storeAt(endpoint, { tls })
    const followed = follow(store, '', '0')
    expect(await store.commit(create('a', 'x'))).toMatchObject({ kind: 'committed' })
    await followed.until((changes) => changes.length === 1)
    await (await store.grant(2000)).release()
    await followed.end()
    await store.close()
  })

  test('is told to be away, within the time limit, when it and we do not trust each other', async () => {
    const ca = await pem('ca.pem')
    for (const tls of [{ ca }, { ca: await pem('client.pem') }, {}]) {
      const store = storeAt(endpoint, { tls, timeoutMs: 2000 })
      const { error, ms } = await timed(store.get('a'))
      await store.close()
      expect(String(error)).toMatch(/the store is away: etcd at https:\/\/localhost:\d+ gave no answer in 2 s/)
      expect(String(error)).toMatch(/certificate|last: .*(closed|reset|TLS|socket)/i)
      expect(ms).toBeLessThan(4000)
    }
  })
})

describe('an endpoint that is none is refused before anything is dialled', () => {
  test.each([
    ['ftp://host:1', 'not an etcd endpoint: ftp://host:1'],
    ['http://', 'not an etcd endpoint'],
    ['http://bot:hunter2@host:2379', 'carries a user or password'],
    ['ftp://bot:hunter2@host:2379', 'not an etcd endpoint: ftp://host:2379'],
  ])('%s', (endpoint, words) => {
    expect(() => storeAt(endpoint)).toThrow(words)
    expect(() => storeAt(endpoint)).not.toThrow('hunter2')
  })

  test('none at all, and plain http where TLS is set up', () => {
    expect(() => storeAt([])).toThrow('at least one endpoint')
    expect(() => storeAt('http://host:2379', { tls: {} })).toThrow('plain http')
  })

  test('a missing scheme and port are etcd’s own', async () => {
    const store = storeAt('127.0.0.2', { timeoutMs: 100 })
    const { error } = await timed(store.get('a'))
    expect(String(error)).toContain('etcd at http://127.0.0.2:2379 gave no answer')
    await store.close()
  })
})
