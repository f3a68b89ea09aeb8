import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../../demo/etcd/ports.ts'
import { startEtcd, startEtcdCluster, type EtcdServer } from '../../../demo/etcd/start.ts'
import type { EtcdStore } from '../../../src/adapters/etcd/store.ts'
import { StoreUnavailable } from '../../../src/ports/store.ts'
import { startProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { startStopwatch } from '../../support/stopwatch.ts'
import { create, eventually, follow, operate, storeAt, timed } from './support.ts'

const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)

let etcd: EtcdServer
let proxy: TcpProxy
/** Straight to etcd. */
let direct: EtcdStore
/** Through the proxy. */
let store: EtcdStore
let turn = 0

beforeAll(async () => {
  process.on('unhandledRejection', note)
  etcd = await startEtcd()
  proxy = await startProxy(etcd.endpoint)
}, 40_000)

afterAll(async () => {
  await proxy.close()
  await etcd.stop()
  process.off('unhandledRejection', note)
})

const fresh = () => {
  turn += 1
  direct = storeAt(etcd.endpoint, { prefix: `/faults/${turn}` })
  store = storeAt(proxy.endpoint, { prefix: `/faults/${turn}` })
}

afterEach(async () => {
  proxy.cutAfter(Infinity)
  proxy.pass()
  await Promise.all([store.close(), direct.close()])
})

describe('an answer that is lost after etcd has applied the change', { timeout: 60_000 }, () => {
  /** Starts a commit whose answers are kept back, and waits until etcd has it. */
  const applied = async (key: string, commit: () => ReturnType<EtcdStore['commit']>) => {
    // The connection stands before replies are held, or the request would never get out.
    await store.commit(create('warm', 'x'))
    proxy.holdReplies()
    const committing = timed(commit())
    await eventually(async () => (await direct.get(key)) !== null)
    return committing
  }
  const loseAnswers = () => {
    proxy.cut()
    proxy.pass()
  }

  test('the repeated transaction recognises itself: stored once, answered with its revision', async () => {
    fresh()
    const committing = applied('a', () => store.commit(create('a', 'token-1')))
    await eventually(async () => (await direct.get('a')) !== null)
    loseAnswers()
    const entry = await direct.get('a')
    const { value } = await committing
    expect(value).toEqual({ kind: 'committed', revision: entry?.created })
    expect((await direct.get('a'))?.modified).toBe(entry?.created)
  })

  test('it recognises itself also when somebody has changed the key since', async () => {
    fresh()
    const committing = applied('a', () => store.commit(create('a', 'token-1')))
    await eventually(async () => (await direct.get('a')) !== null)
    const entry = await direct.get('a')
    for (const value of ['theirs', 'theirs again']) await direct.commit({ require: [], puts: [{ key: 'a', value }] })
    loseAnswers()
    expect((await committing).value).toEqual({ kind: 'committed', revision: entry?.created })
    expect(await direct.get('a')).toMatchObject({ value: 'theirs again' })
  })

  test('a rival who wrote the same value to one of its keys is not mistaken for itself', async () => {
    fresh()
    await store.get('anything')
    proxy.freeze()
    const committing = timed(
      store.within(6000).commit({
        require: [{ kind: 'absent', key: 'record' }],
        puts: [
          { key: 'record', value: 'mine' },
          { key: 'active', value: '12' },
        ],
      }),
    )
    await direct.commit({ require: [], puts: [{ key: 'active', value: '12' }] })
    await direct.commit(create('record', 'theirs'))
    await wait(1700)
    proxy.cut()
    proxy.pass()
    expect((await committing).value).toMatchObject({ kind: 'conflict', entries: [{ key: 'record', value: 'theirs' }] })
    expect(await direct.get('record')).toMatchObject({ value: 'theirs' })
  })

  test('a change that a second application could harm is not repeated but told', async () => {
    fresh()
    const token = await direct.commit(create('owner', 'me'))
    if (token.kind !== 'committed') throw new Error('not committed')
    const committing = applied('log', () =>
      store.commit({
        require: [{ kind: 'owned', key: 'owner', created: token.revision }],
        puts: [{ key: 'log', value: 'one' }],
      }),
    )
    await eventually(async () => (await direct.get('log')) !== null)
    loseAnswers()
    const { error } = await committing
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(String(error)).toContain('did not say whether it stored the change')
    const entry = await direct.get('log')
    expect(entry?.modified).toBe(entry?.created)
  })

  test('forty racing commits through a proxy that keeps cutting are each stored once or honestly refused', async () => {
    fresh()
    const cutting = (async () => {
      for (let cut = 0; cut < 8; cut++) {
        await wait(60)
        proxy.cut()
      }
    })()
    const results = await Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        await wait(at * 10)
        return timed(store.within(15_000).commit(create(`k/${at}`, `token-${at}`)))
      }),
    )
    await cutting
    const { entries } = await direct.range('k/')
    expect(results.map(({ value }) => value?.kind)).toEqual(results.map(() => 'committed'))
    expect(entries).toHaveLength(40)
    for (const entry of entries) {
      const result = results[Number(entry.key.slice(2))]?.value
      expect(result).toEqual({ kind: 'committed', revision: entry.created })
      expect(entry.modified).toBe(entry.created)
    }
    expect(proxy.ended).toBeGreaterThan(3)
  })
})

describe('a watch', { timeout: 120_000 }, () => {
  /** As many changes, each of its own revision; etcd sends a backlog in batches of a thousand revisions. */
  const write = async (count: number) => {
    const queue = Array.from({ length: count }, (_, at) => at)
    const worker = async () => {
      for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
        await direct.within(60_000).commit(create(`w/${String(at).padStart(5, '0')}`, 'x'.repeat(300)))
      }
    }
    await Promise.all(Array.from({ length: 48 }, worker))
  }

  test('cut while it catches up with a long backlog, it loses and doubles none', async () => {
    fresh()
    const { revision } = await direct.range('')
    await write(1400)
    const before = proxy.ended
    proxy.cutAfter(390_000)
    const followed = follow(store, 'w/', revision)
    await eventually(() => proxy.ended > before)
    expect(followed.changes.length).toBeLessThan(1400)
    proxy.cutAfter(Infinity)
    await followed.until((changes) => changes.length >= 1400)
    await direct.commit(create('w/last', 'x'))
    await followed.until((changes) => changes.length >= 1401)
    await followed.end()
    const keys = followed.changes.map((change) => (change.kind === 'put' ? change.entry.key : change.kind))
    expect(new Set(keys).size).toBe(1401)
    expect(keys).toHaveLength(1401)
    const revisions = followed.changes.map((change) => (change.kind === 'put' ? Number(change.entry.modified) : 0))
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b))
  })

  test('a backlog far larger than gRPC lets through by default is delivered', async () => {
    fresh()
    const { revision } = await direct.range('')
    for (let at = 0; at < 60; at++) await direct.commit(create(`big/${at}`, 'x'.repeat(200_000)))
    const followed = follow(store, 'big/', revision)
    await followed.until((changes) => changes.length >= 60)
    await followed.end()
    expect(followed.changes).toHaveLength(60)
  })

  test('over a compaction it says relist, and goes on with what comes after', async () => {
    fresh()
    const { revision } = await direct.range('')
    for (const key of ['w/1', 'w/2', 'w/3']) await direct.commit(create(key, 'x'))
    const now = await direct.range('')
    await operate(etcd.endpoint, 'kv/compaction', { revision: now.revision, physical: true })
    const followed = follow(store, 'w/', revision)
    await followed.until((changes) => changes.length === 1)
    await direct.commit(create('w/4', 'x'))
    await followed.until((changes) => changes.length === 2)
    await followed.end()
    expect(followed.changes).toMatchObject([{ kind: 'relist' }, { kind: 'put', entry: { key: 'w/4' } }])
  })

  test('silent connections are noticed and replaced, and nothing is missing', async () => {
    fresh()
    const { revision } = await direct.range('')
    const followed = follow(store, 'w/', revision)
    await direct.commit(create('w/1', 'x'))
    await followed.until((changes) => changes.length === 1)
    proxy.freeze()
    await direct.commit(create('w/2', 'x'))
    await wait(200)
    expect(followed.changes).toHaveLength(1)
    proxy.cut()
    proxy.pass()
    await followed.until((changes) => changes.length === 2)
    await followed.end()
  })

  test('it ends in time when its store is closed, although etcd does not answer', async () => {
    fresh()
    proxy.freeze()
    const followed = follow(store, 'w/', '1')
    await wait(100)
    await store.close()
    const { ms } = await timed(followed.end())
    expect(ms).toBeLessThan(2000)
  })
})

describe('a lease', { timeout: 60_000 }, () => {
  test('behind a partition it is lost before its key goes and a rival could own it', async () => {
    fresh()
    const lease = await store.grant(3000)
    await store.commit({ require: [], puts: [{ key: 'owner', value: 'me', lease: lease.id }] })
    const { revision } = await direct.range('')
    const followed = follow(direct, 'owner', revision)
    await wait(1200)
    proxy.freeze()
    let lostAt = Number.NaN
    lease.lost.addEventListener('abort', () => {
      lostAt = performance.now()
    })
    const elapsed = startStopwatch()
    lease.lost.addEventListener('abort', elapsed)
    await followed.until((changes) => changes.length === 1)
    const goneAt = performance.now()
    expect(lease.lost.aborted).toBe(true)
    expect(lease.remainingMs()).toBe(0)
    expect(elapsed()).toBeLessThan(1900)
    expect(goneAt - lostAt).toBeGreaterThan(600)
    await followed.end()
    proxy.cut()
    proxy.pass()
    await lease.release()
  })

  test('it counts from before it was asked for, however late the answer comes', async () => {
    fresh()
    await store.get('anything')
    await store.grant(2000).then((first) => first.release())
    proxy.holdReplies()
    const granting = store.grant(5000)
    await wait(700)
    proxy.pass()
    const lease = await granting
    expect(lease.remainingMs()).toBeLessThanOrEqual(4300)
    await lease.release()
  })

  test('after a blocked event loop it knows at once that its time is over', async () => {
    fresh()
    const lease = await direct.grant(2000)
    expect(lease.remainingMs()).toBeGreaterThan(0)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1300)
    expect(lease.remainingMs()).toBe(0)
    expect(lease.lost.aborted).toBe(true)
    await lease.release()
  })

  test('one that etcd has revoked is lost at the next renewal', async () => {
    fresh()
    const lease = await direct.grant(3000)
    await operate(etcd.endpoint, 'lease/revoke', { ID: lease.id })
    const { ms } = await timed(eventually(() => lease.lost.aborted, 5000))
    expect(ms).toBeLessThan(1700)
    expect(String(lease.lost.reason)).toContain('no longer has it')
  })

  test('it outlives a short cut of its connection', async () => {
    fresh()
    const lease = await store.grant(6000)
    for (let cut = 0; cut < 8; cut++) {
      await wait(300)
      proxy.cut()
    }
    await wait(1500)
    expect(lease.lost.aborted).toBe(false)
    expect(lease.remainingMs()).toBeGreaterThan(2300)
    await lease.release()
  })

  test('releasing it while etcd is silent ends in time and never rejects', async () => {
    fresh()
    const lease = await store.grant(2000)
    proxy.freeze()
    const { ms, error } = await timed(lease.release())
    expect(error).toBeUndefined()
    expect(ms).toBeLessThan(3000)
    expect(lease.remainingMs()).toBe(0)
  })
})

describe('a server that', { timeout: 60_000 }, () => {
  test('is down is told within the time limit, and works as soon as it is up', async () => {
    fresh()
    const [port] = await freePorts(1)
    const early = storeAt(`http://127.0.0.1:${port}`)
    const { ms, error } = await timed(early.within(600).get('a'))
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(String(error)).toContain(`the store is away: etcd at http://127.0.0.1:${port} gave no answer in 0.6 s`)
    expect(String(error)).toContain('connection refused')
    expect(ms).toBeLessThan(2000)
    await expect(early.within(300).grant(2000)).rejects.toBeInstanceOf(StoreUnavailable)
    await expect(early.within(300).check()).rejects.toBeInstanceOf(StoreUnavailable)
    const followed = follow(early, '', '0')
    const waiting = early.within(20_000).commit(create('a', 'patient'))
    const late = await startEtcd({ port: Number(port) })
    try {
      expect(await waiting).toMatchObject({ kind: 'committed' })
      expect((await timed(early.get('a'))).ms).toBeLessThan(2000)
      await followed.until((changes) => changes.length === 1)
    } finally {
      await followed.end()
      await early.close()
      await late.stop()
    }
  })

  test('is killed and started again in the middle of work costs no change and doubles none', async () => {
    fresh()
    const { revision } = await direct.range('')
    const followed = follow(direct, 'k/', revision)
    const working = new AbortController()
    const acknowledged: string[] = []
    const worker = async (id: number) => {
      for (let at = 0; !working.signal.aborted; at++) {
        const key = `k/${id}/${at}`
        const result = await direct.within(15_000).commit(create(key, `token-${id}-${at}`))
        expect(result.kind).toBe('committed')
        acknowledged.push(key)
        await wait(5)
      }
    }
    const work = Promise.all([1, 2, 3, 4].map(worker))
    await wait(300)
    await etcd.kill()
    await wait(300)
    await etcd.restart()
    await wait(500)
    working.abort()
    await work
    await followed.until((changes) => changes.length >= acknowledged.length)
    await followed.end()
    const { entries } = await direct.range('k/')
    expect(entries.map(({ key }) => key).sort()).toEqual([...acknowledged].sort())
    expect(entries.every(({ created, modified }) => created === modified)).toBe(true)
    expect(followed.changes.map((change) => (change.kind === 'put' ? change.entry.key : change.kind)).sort()).toEqual(
      [...acknowledged].sort(),
    )
  })

  test('is frozen is told within the time limit, and a patient call gets through after it', async () => {
    fresh()
    await direct.get('a')
    etcd.pause()
    const patient = direct.within(10_000).commit(create('a', 'patient'))
    const { ms, error } = await timed(direct.within(700).get('a'))
    etcd.resume()
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(ms).toBeLessThan(2500)
    expect(await patient).toMatchObject({ kind: 'committed' })
    expect(await direct.get('a')).toMatchObject({ value: 'patient' })
  })

  test('comes back with an older state makes the watch say relist', async () => {
    fresh()
    const other = await startEtcd()
    const watched = storeAt(other.endpoint)
    for (const key of ['a', 'b', 'c']) await watched.commit(create(key, 'x'))
    const { revision } = await watched.range('')
    const followed = follow(watched, '', revision)
    await wait(100)
    const port = Number(new URL(other.endpoint).port)
    await other.stop()
    const restored = await startEtcd({ port })
    try {
      await followed.until((changes) => changes.length === 1)
      await watched.commit(create('a', 'y'))
      await followed.until((changes) => changes.length === 2)
    } finally {
      await followed.end()
      await watched.close()
      await restored.stop()
    }
    expect(followed.changes).toMatchObject([{ kind: 'relist' }, { kind: 'put', entry: { value: 'y' } }])
  })
})

describe('a cluster of three', () => {
  test('whose leader is killed goes on, and so do the watch and the lease', async () => {
    fresh()
    const members = await startEtcdCluster(3)
    const cluster = storeAt(
      members.map(({ endpoint }) => endpoint),
      { timeoutMs: 15_000 },
    )
    try {
      const followed = follow(cluster, 'k/', '0')
      const lease = await cluster.grant(10_000)
      const leader = await leaderOf(members)
      for (let at = 0; at < 20; at++) await cluster.commit(create(`k/${at}`, `token-${at}`))
      await leader.kill()
      for (let at = 20; at < 40; at++) {
        expect(await cluster.commit(create(`k/${at}`, `token-${at}`))).toMatchObject({ kind: 'committed' })
      }
      await followed.until((changes) => changes.length >= 40)
      await followed.end()
      expect(followed.changes).toHaveLength(40)
      const { entries } = await cluster.range('k/')
      expect(entries.every(({ created, modified }) => created === modified)).toBe(true)
      expect(lease.lost.aborted).toBe(false)
      await lease.release()
    } finally {
      await cluster.close()
      await Promise.all(members.map((member) => member.stop()))
    }
  }, 120_000)

  async function leaderOf(members: readonly EtcdServer[]): Promise<EtcdServer> {
    for (const member of members) {
      const status = await operate(member.endpoint, 'maintenance/status', {})
      const text = JSON.stringify(status)
      const id = /"member_id":"(\d+)"/.exec(text)?.[1]
      if (id !== undefined && text.includes(`"leader":"${id}"`)) return member
    }
    throw new Error('no member says that it leads')
  }
})

test('none of these faults left a rejection that nobody handles', async () => {
  fresh()
  await wait(50)
  expect(unhandled).toEqual([])
})
