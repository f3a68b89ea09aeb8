import { expect, test } from 'vitest'
import { Outage } from '../../src/store/outage.ts'

test('an outage is said once when it begins and once when it is over, however often it was met', () => {
  const said: unknown[] = []
  const note = (fields: Readonly<Record<string, unknown>>, message: string): void => void said.push([message, fields])
  const outage = new Outage({ debug: note, info: note, warn: note, error: note }, { rollout: 7 }, 'the rollout')
  outage.over()
  expect(said).toEqual([])
  for (const reason of ['no answer', 'no answer', 'no quorum']) outage.failed(new Error(reason))
  outage.over()
  outage.over()
  outage.failed(new Error('again'))
  expect(said).toEqual([
    ['the store is away: the rollout waits', { rollout: 7, reason: 'no answer' }],
    ['the store is back: the rollout goes on', { rollout: 7, failures: 3 }],
    ['the store is away: the rollout waits', { rollout: 7, reason: 'again' }],
  ])
})
