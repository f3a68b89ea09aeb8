import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Change, Put, StoreLeases, StoreReader, StoreWriter } from '../../src/ports/store.ts'
import { startStopwatch } from '../support/stopwatch.ts'

export interface StoreUnderTest {
  /** Empty, and of nobody else. */
  readonly store: StoreReader & StoreWriter & StoreLeases
  /** What is written here lies beside the store's own keys and must never show in it. */
  readonly neighbour: StoreReader & StoreWriter
  close(): Promise<void>
}

/** What every adapter of `src/ports/store.ts` does. Takes about 10 s, most of it waiting for leases. */
export function storeContract(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`Store contract: ${name}`, () => {
    let store: StoreUnderTest['store']
    let neighbour: StoreUnderTest['neighbour']
    let made: StoreUnderTest

    beforeEach(async () => {
      made = await makeStore()
      ;({ store, neighbour } = made)
    })
    afterEach(async () => {
      await made.close()
    })

    const create = (key: string, value = 'x') =>
      store.commit({ require: [{ kind: 'absent', key }], puts: [{ key, value }] })
    const created = async (key: string, value = 'x') => {
      const result = await create(key, value)
      if (result.kind !== 'committed') throw new Error(`${key} was there already`)
      return result.revision
    }
    const keysOf = async (...range: Parameters<StoreReader['range']>) =>
      (await store.range(...range)).entries.map(({ key }) => key)

    describe('commit', () => {
      test('a key that is not there reads as null', async () => {
        expect(await store.get('nothing')).toBeNull()
      })

      test('the revision of a commit is the create revision of what it created', async () => {
        const revision = await created('a', 'one')
        expect(await store.get('a')).toEqual({ key: 'a', value: 'one', created: revision, modified: revision })
      })

      test('a change keeps the create revision and moves the other', async () => {
        const first = await created('a', 'one')
        const changed = await store.commit({
          require: [{ kind: 'unchanged', key: 'a', modified: first }],
          puts: [{ key: 'a', value: 'two' }],
        })
        expect(changed.kind).toBe('committed')
        const entry = await store.get('a')
        expect(entry).toMatchObject({ value: 'two', created: first })
        expect(Number(entry?.modified)).toBeGreaterThan(Number(first))
      })

      test('a conflict writes nothing and shows what the required keys hold', async () => {
        const revision = await created('a', 'one')
        const result = await store.commit({
          require: [
            { kind: 'absent', key: 'a' },
            { kind: 'absent', key: 'b' },
          ],
          puts: [
            { key: 'a', value: 'two' },
            { key: 'c', value: 'three' },
          ],
        })
        expect(result).toEqual({
          kind: 'conflict',
          entries: [{ key: 'a', value: 'one', created: revision, modified: revision }],
        })
        expect(await store.get('c')).toBeNull()
      })

      test('a stale modified revision is a conflict', async () => {
        const first = await created('a', 'one')
        const change = (value: string) =>
          store.commit({ require: [{ kind: 'unchanged', key: 'a', modified: first }], puts: [{ key: 'a', value }] })
        expect(await change('two')).toMatchObject({ kind: 'committed' })
        expect(await change('three')).toMatchObject({ kind: 'conflict', entries: [{ key: 'a', value: 'two' }] })
      })

      test('a fencing token outlives changes of its key but not its deletion', async () => {
        const token = await created('owner', 'me')
        const act = (value: string) =>
          store.commit({
            require: [{ kind: 'owned', key: 'owner', created: token }],
            puts: [{ key: 'work', value }],
          })
        await store.commit({ require: [], puts: [{ key: 'owner', value: 'still me' }] })
        expect(await act('one')).toMatchObject({ kind: 'committed' })
        await store.commit({ require: [], puts: [{ key: 'log', value: 'gone' }], deletes: ['owner'] })
        await created('owner', 'me')
        expect(await act('two')).toMatchObject({ kind: 'conflict' })
        expect(await store.get('work')).toMatchObject({ value: 'one' })
      })

      test('puts and deletes of one transaction share one revision', async () => {
        await created('old')
        const result = await store.commit({
          require: [],
          puts: [
            { key: 'a', value: '1' },
            { key: 'b', value: '2' },
          ],
          deletes: ['old', 'never there'],
        })
        const page = await store.range('')
        expect(page.entries.map(({ key }) => key)).toEqual(['a', 'b'])
        expect(result).toEqual({ kind: 'committed', revision: page.revision })
        expect(page.entries.every(({ modified }) => modified === page.revision)).toBe(true)
      })

      test('of many writers that race for one key exactly one commits each time', async () => {
        await created('counter', '0')
        const writer = async (id: number) => {
          let wins = 0
          for (let turn = 0; wins < 5; turn++) {
            const entry = await store.get('counter')
            if (entry === null) throw new Error('the counter is gone')
            const result = await store.commit({
              require: [{ kind: 'unchanged', key: 'counter', modified: entry.modified }],
              puts: [
                { key: 'counter', value: String(Number(entry.value) + 1) },
                { key: `mark/${id}/${turn}`, value: entry.value },
              ],
            })
            if (result.kind === 'committed') wins += 1
          }
        }
        await Promise.all([1, 2, 3, 4, 5, 6].map(writer))
        expect(await store.get('counter')).toMatchObject({ value: '30' })
        const marks = (await store.range('mark/')).entries.map(({ value }) => Number(value))
        expect(marks.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, at) => at))
      })

      test('any text is kept as it is', async () => {
        const value = 'ünïcode 🚀 \u0000 "quotes"\n' + 'x'.repeat(100_000)
        await created('schlüssel/ü/🚀', value)
        expect(await store.get('schlüssel/ü/🚀')).toMatchObject({ key: 'schlüssel/ü/🚀', value })
        await created('empty', '')
        expect(await store.get('empty')).toMatchObject({ value: '' })
      })
    })

    describe('range', () => {
      const put = async (...keys: string[]) => {
        await store.commit({ require: [], puts: keys.map((key): Put => ({ key, value: `v:${key}` })) })
      }

      test('keys that look like numbers keep their order as text', async () => {
        await put('n/9', 'n/10', 'n/1')
        expect(await keysOf('n/')).toEqual(['n/1', 'n/10', 'n/9'])
      })

      test('only the keys of the prefix are read', async () => {
        await put('a', 'a/1', 'a/2', 'a0', 'ab', 'b')
        expect(await keysOf('a/')).toEqual(['a/1', 'a/2'])
        expect(await keysOf('a')).toEqual(['a', 'a/1', 'a/2', 'a0', 'ab'])
        expect(await store.range('z')).toMatchObject({ entries: [], more: false })
      })

      test('a neighbour under a longer or other prefix is never seen nor hit', async () => {
        await neighbour.commit({ require: [], puts: [{ key: 'a', value: 'theirs' }] })
        expect(await store.get('a')).toBeNull()
        expect(await keysOf('')).toEqual([])
        await created('a', 'mine')
        await store.commit({ require: [], puts: [{ key: 'b', value: 'mine' }], deletes: ['a'] })
        expect(await neighbour.get('a')).toMatchObject({ value: 'theirs' })
      })

      test('pages go on behind the last key of the page before', async () => {
        await put('p/1', 'p/2', 'p/3', 'p/4', 'p/5')
        expect(await store.range('p/', { limit: 2 })).toMatchObject({ more: true })
        expect(await keysOf('p/', { limit: 2 })).toEqual(['p/1', 'p/2'])
        expect(await keysOf('p/', { limit: 2, after: 'p/2' })).toEqual(['p/3', 'p/4'])
        const last = await store.range('p/', { limit: 2, after: 'p/4' })
        expect(last.entries.map(({ key }) => key)).toEqual(['p/5'])
        expect(last.more).toBe(false)
        expect(await keysOf('p/', { after: 'p/25' })).toEqual(['p/3', 'p/4', 'p/5'])
        expect(await keysOf('p/', { after: 'a' })).toHaveLength(5)
        expect(await keysOf('p/', { after: 'q' })).toEqual([])
      })

      test('a reversed page begins with the last key', async () => {
        await put('p/1', 'p/2', 'p/3', 'p/4', 'q')
        expect(await keysOf('p/', { limit: 2, reverse: true })).toEqual(['p/4', 'p/3'])
        const rest = await store.range('p/', { limit: 2, reverse: true, after: 'p/3' })
        expect(rest.entries.map(({ key }) => key)).toEqual(['p/2', 'p/1'])
        expect(rest.more).toBe(false)
        expect(await keysOf('p/', { reverse: true })).toEqual(['p/4', 'p/3', 'p/2', 'p/1'])
        expect(await keysOf('p/', { reverse: true, after: 'z' })).toHaveLength(4)
        expect(await keysOf('p/', { reverse: true, after: 'a' })).toEqual([])
      })

      test('a limit of none reads the revision and nothing else', async () => {
        await put('p/1')
        expect(await store.range('p/', { limit: 0 })).toMatchObject({ entries: [], more: true })
      })

      test('values can be left out', async () => {
        await put('p/1')
        const { entries } = await store.range('p/', { keysOnly: true })
        expect(entries).toMatchObject([{ key: 'p/1', value: '' }])
        expect(Number(entries[0]?.modified)).toBeGreaterThan(0)
      })

      test('a long range comes whole and of one revision while others write into it', async () => {
        const keys = Array.from({ length: 2400 }, (_, at) => `long/${String(at).padStart(5, '0')}`)
        for (let at = 0; at < keys.length; at += 100) await put(...keys.slice(at, at + 100))
        const reading = store.range('long/')
        await put('long/99999')
        const page = await reading
        const found = page.entries.map(({ key }) => key).filter((key) => key !== 'long/99999')
        expect(found).toEqual(keys)
        expect(page.more).toBe(false)
        expect(page.entries.every(({ modified }) => Number(modified) <= Number(page.revision))).toBe(true)
      })
    })

    describe('watch', () => {
      const collect = (prefix: string, from: string) => {
        const changes: Change[] = []
        const stop = new AbortController()
        const ended = (async () => {
          for await (const change of store.watch(prefix, from, stop.signal)) changes.push(change)
        })()
        const until = async (count: number) => {
          for (let turn = 0; changes.length < count; turn++) {
            if (turn > 500) throw new Error(`only ${changes.length} of ${count} changes came`)
            await wait(10)
          }
        }
        return { changes, until, stop, ended }
      }

      test('it tells each change behind the revision once, in order, and nothing from outside', async () => {
        await created('w/before')
        const { revision } = await store.range('w/')
        const first = await created('w/a', '1')
        const { changes, until, stop, ended } = collect('w/', revision)
        await until(1)
        await created('x/a')
        await neighbour.commit({ require: [], puts: [{ key: 'w/a', value: 'theirs' }] })
        const second = await store.commit({ require: [], puts: [{ key: 'w/a', value: '2' }] })
        const third = await store.commit({ require: [], puts: [{ key: 'w/b', value: '3' }], deletes: ['w/a'] })
        if (second.kind !== 'committed' || third.kind !== 'committed') throw new Error('not committed')
        await until(4)
        await wait(50)
        expect(changes).toHaveLength(4)
        expect(changes.slice(0, 2)).toEqual([
          { kind: 'put', entry: { key: 'w/a', value: '1', created: first, modified: first } },
          { kind: 'put', entry: { key: 'w/a', value: '2', created: first, modified: second.revision } },
        ])
        expect(changes).toContainEqual({ kind: 'deleted', key: 'w/a', revision: third.revision })
        expect(changes).toContainEqual({
          kind: 'put',
          entry: { key: 'w/b', value: '3', created: third.revision, modified: third.revision },
        })
        stop.abort()
        await ended
      })

      test('it ends at once when its signal aborts, also when nothing ever happened', async () => {
        const { changes, stop, ended } = collect('w/', '1')
        await wait(30)
        const elapsed = startStopwatch()
        stop.abort()
        await ended
        expect(elapsed()).toBeLessThan(500)
        expect(changes).toEqual([])
        for await (const change of store.watch('w/', '1', AbortSignal.abort())) throw new Error(change.kind)
      })

      test('a reader that breaks off and comes back at its last revision misses nothing', async () => {
        const { revision } = await store.range('')
        for (const key of ['w/1', 'w/2', 'w/3']) await created(key)
        const seen: string[] = []
        let from = revision
        for (let turn = 0; turn < 3; turn++) {
          for await (const change of store.watch('w/', from, new AbortController().signal)) {
            if (change.kind !== 'put') throw new Error(change.kind)
            seen.push(change.entry.key)
            from = change.entry.modified
            break
          }
        }
        expect(seen).toEqual(['w/1', 'w/2', 'w/3'])
      })
    })

    describe('leases', () => {
      test('a key lives as long as its lease renews itself, and goes when it is released', async () => {
        const lease = await store.grant(5000)
        expect(lease.remainingMs()).toBeGreaterThan(2000)
        expect(lease.remainingMs()).toBeLessThanOrEqual(5000)
        await store.commit({ require: [], puts: [{ key: 'mine', value: 'x', lease: lease.id }] })
        await wait(6000)
        expect(lease.lost.aborted).toBe(false)
        expect(lease.remainingMs()).toBeGreaterThan(1900)
        expect(await store.get('mine')).not.toBeNull()
        await lease.release()
        expect(await store.get('mine')).toBeNull()
        expect(lease.lost.aborted).toBe(true)
        expect(lease.remainingMs()).toBe(0)
        await lease.release()
      })

      test('a key cannot be put under a lease that is gone', async () => {
        const lease = await store.grant(2000)
        await lease.release()
        const late = store.commit({ require: [], puts: [{ key: 'late', value: 'x', lease: lease.id }] })
        await expect(late).rejects.toMatchObject({ name: 'StoreUnavailable', refused: 'lease-gone' })
        expect(await store.get('late')).toBeNull()
      })

      test('a lease that could not be renewed in time is refused', async () => {
        await expect(store.grant(1999)).rejects.toThrow(RangeError)
        await expect(store.grant(Number.NaN)).rejects.toThrow(RangeError)
      })
    })
  })
}
