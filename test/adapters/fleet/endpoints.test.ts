import { expect, it } from 'vitest'
import { createEndpoints } from '../../../src/adapters/fleet/endpoints.ts'

it('asks the endpoint that worked last, and keeps the configured order for the others', () => {
  const endpoints = createEndpoints(['a', 'b', 'c', 'a'])
  expect(endpoints.order(0)).toEqual(['a', 'b', 'c'])
  endpoints.worked('b')
  expect(endpoints.order(0)).toEqual(['b', 'a', 'c'])
})

it('asks one that failed last, for half a minute', () => {
  const endpoints = createEndpoints(['a', 'b', 'c'])
  endpoints.failed('a', 0)
  expect(endpoints.order(29_999)).toEqual(['b', 'c', 'a'])
  expect(endpoints.order(30_000)).toEqual(['a', 'b', 'c'])
  endpoints.failed('b', 30_000)
  endpoints.worked('c')
  expect(endpoints.order(30_001)).toEqual(['c', 'a', 'b'])
})

it('still asks all of them when all failed, and forgets a failure that is over', () => {
  const endpoints = createEndpoints(['a', 'b', 'c'])
  endpoints.failed('c', 1)
  endpoints.failed('b', 2)
  endpoints.failed('a', 3)
  expect(new Set(endpoints.order(4))).toEqual(new Set(['a', 'b', 'c']))
  endpoints.worked('b')
  expect(endpoints.order(5)).toEqual(['b', 'c', 'a'])
})

it('asks the default of fleetctl when none is configured', () => {
  expect(createEndpoints([]).order(0)).toEqual([null])
})
