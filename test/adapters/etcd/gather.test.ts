import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startEtcd, type EtcdServer } from '../../../demo/etcd/start.ts'
import type { EtcdStore } from '../../../src/adapters/etcd/store.ts'
import { startProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { eventually, storeAt } from './support.ts'

let etcd: EtcdServer
let proxy: TcpProxy
/** Straight to etcd. */
let direct: EtcdStore
/** Through the proxy. */
let store: EtcdStore

beforeAll(async () => {
  etcd = await startEtcd()
  proxy = await startProxy(etcd.endpoint)
  direct = storeAt(etcd.endpoint)
  store = storeAt(proxy.endpoint)
}, 40_000)

afterAll(async () => {
  await Promise.all([store.close(), direct.close()])
  await proxy.close()
  await etcd.stop()
})

const put = (...puts: readonly (readonly [key: string, value: string])[]) =>
  direct.commit({ require: [], puts: puts.map(([key, value]) => ({ key, value })) })

/** How many requests of the store etcd has answered so far. */
async function answered(): Promise<number> {
  const text = await (await fetch(`${etcd.endpoint}/metrics`, { signal: AbortSignal.timeout(5000) })).text()
  const counts = [...text.matchAll(/^grpc_server_handled_total\{.*grpc_service="etcdserverpb\.KV".*\} (\d+)$/gm)]
  return counts.reduce((sum, [, count]) => sum + Number(count), 0)
}

describe('keys that are asked for in one turn', { timeout: 60_000 }, () => {
  test('each is answered with its own entry, or with null, in few requests', async () => {
    const keys = Array.from({ length: 200 }, (_, at) => `many/${at}`)
    // Of every third there is nothing, of every seventh the value is empty.
    const there = keys.filter((_, at) => at % 3 !== 0)
    const valueOf = (key: string): string => (Number(key.slice(5)) % 7 === 0 ? '' : `value of ${key}`)
    for (let at = 0; at < there.length; at += 50) {
      await put(...there.slice(at, at + 50).map((key) => [key, valueOf(key)] as const))
    }
    const before = await answered()
    const entries = await Promise.all(keys.map((key) => store.get(key)))
    expect(entries.map((entry) => entry?.value ?? null)).toEqual(
      keys.map((key) => (there.includes(key) ? valueOf(key) : null)),
    )
    expect(entries.flatMap((entry) => entry?.key ?? [])).toEqual(there)
    expect((await answered()) - before).toBeLessThan(40)
  })

  test('one key that many ask for is one request, and everybody has it', async () => {
    await put(['shared', 'for all'])
    const before = await answered()
    const entries = await Promise.all(Array.from({ length: 100 }, () => store.get('shared')))
    expect(new Set(entries.map((entry) => entry?.value))).toEqual(new Set(['for all']))
    expect((await answered()) - before).toBeLessThan(10)
  })

  test('a key is read anew by whoever asks while an older question for it is under way', async () => {
    await put(['fresh', 'old'], ['other', 'x'])
    await store.get('warm')
    proxy.holdReplies()
    const before = await answered()
    const earlier = Promise.all([store.get('fresh'), store.get('other')])
    await eventually(async () => (await answered()) > before)
    await put(['fresh', 'new'])
    const later = Promise.all([store.get('fresh'), store.get('other')])
    proxy.pass()
    expect((await later)[0]).toMatchObject({ value: 'new' })
    expect((await earlier)[1]).toMatchObject({ value: 'x' })
  })

  test('what was committed before it was asked for is seen, whoever else asks with it', async () => {
    for (let turn = 0; turn < 30; turn += 1) {
      const unrelated = [store.get('a'), store.get('b')]
      await put(['counter', String(turn)])
      const [entry] = await Promise.all([store.get('counter'), store.get('a'), store.get('b'), ...unrelated])
      expect(entry?.value).toBe(String(turn))
    }
  })

  test('after a broken connection all of them are asked for again', async () => {
    await put(['cut/1', 'one'], ['cut/2', 'two'])
    await store.get('warm')
    proxy.holdReplies()
    const before = await answered()
    const reading = Promise.all([store.get('cut/1'), store.get('cut/2')])
    await eventually(async () => (await answered()) > before)
    proxy.cut()
    proxy.pass()
    expect(await reading).toMatchObject([{ value: 'one' }, { value: 'two' }])
  })

  test('they are away together when etcd is, each within its own time', async () => {
    await store.get('warm')
    proxy.freeze()
    const short = store.within(600)
    const long = store.within(20_000)
    const waiting = [long.get('x'), long.get('y')]
    const refused = await Promise.allSettled([short.get('x'), short.get('y')])
    proxy.cut()
    proxy.pass()
    expect(refused.map((one) => one.status)).toEqual(['rejected', 'rejected'])
    expect(String(refused[1]?.status === 'rejected' && refused[1].reason)).toContain('gave no answer in 0.6 s')
    expect(await Promise.all(waiting)).toEqual([null, null])
  })
})

describe('an etcd that takes only a few keys in one request', () => {
  test('is asked for each by itself', async () => {
    const narrow = await startEtcd({ flags: ['--max-txn-ops=2'] })
    const own = storeAt(narrow.endpoint)
    try {
      await own.commit({ require: [], puts: [{ key: 'a', value: 'x' }] })
      const entries = await Promise.all(['a', 'b', 'c', 'a'].map((key) => own.get(key)))
      expect(entries.map((entry) => entry?.value ?? null)).toEqual(['x', null, null, 'x'])
    } finally {
      await own.close()
      await narrow.stop()
    }
  }, 40_000)
})
