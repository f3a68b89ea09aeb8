import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { keys } from '../../src/store/keys.ts'
import { mostPlaces, readTargets } from '../../src/store/target-pages.ts'
import { ownEtcd } from '../support/own-etcd.ts'

/** Queues of any length on a real etcd: what is behind a long one is found, and a long one costs little. */

const etcd = ownEtcd()
let store: EtcdStore
const target = (service: string) => ({ service, tier: 'production' })

async function put(names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += 100) {
    const puts = names.slice(from, from + 100).map((key) => ({ key, value: 'x' }))
    await store.commit({ require: [], puts })
  }
}

beforeAll(async () => {
  store = etcd.newStore('/pages/')
  const places = (service: string, count: number) =>
    Array.from({ length: count }, (_, index) => keys.queued(target(service), index + 1))
  await put([
    keys.active(target('a')),
    ...places('a', 3),
    keys.active(target('b')),
    ...places('b', 2500),
    'targets/production/b/queue/forged',
    keys.active(target('c')),
    keys.current(target('c')),
    ...places('c', mostPlaces),
    keys.active(target('d')),
    'targets/staging/d/active',
  ])
}, 60_000)
afterAll(() => store.close())

it('reads no more places of a queue than the longest queue has, and all that is behind it', async () => {
  const read = (await readTargets(store, keys.targetsIn('production'))).map(({ key }) => key)
  const count = (service: string) => read.filter((key) => key.includes(`/${service}/queue/`)).length
  expect(['a', 'b', 'c'].map(count)).toEqual([3, mostPlaces, mostPlaces])
  expect(read.filter((key) => !key.includes('/queue/'))).toEqual([
    ...['a', 'b', 'c'].map((service) => keys.active(target(service))),
    keys.current(target('c')),
    keys.active(target('d')),
  ])
  expect(read).toEqual([...new Set(read)])
})

it('keeps the oldest places, and reads every tier', async () => {
  const read = (await readTargets(store, keys.targets)).map(({ key }) => key)
  expect(read.findLast((key) => key.includes('/b/queue/'))).toBe(keys.queued(target('b'), mostPlaces))
  expect(read).toContain('targets/staging/d/active')
})
