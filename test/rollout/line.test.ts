import { describe, expect, it } from 'vitest'
import type { Entry } from '../../src/ports/store.ts'
import { lineIn, turnOf } from '../../src/rollout/line.ts'
import { keys } from '../../src/store/keys.ts'
import { placeRecord, pointerRecord } from '../../src/store/records.ts'

const tier = 'production'
const entry = (key: string, value: string): Entry => ({ key, value, modified: '1', created: '1' })
const rolls = (service: string, id: number) => entry(keys.active({ service, tier }), pointerRecord.write({ id }))
const waits = (service: string, id: number, stuck = false) =>
  entry(keys.queued({ service, tier }, id), placeRecord.write({ id, stuck, yes: null }))

describe('an unreadable record of what rolls', () => {
  const line = lineIn([entry(keys.active({ service: 'odd', tier }), 'rubbish'), rolls('api', 1)], tier)

  it('stops its own target by name, and no other target of the tier', () => {
    expect(() => turnOf(line, { service: 'odd', tier }, 9, null)).toThrow('targets/production/odd/active')
    expect(turnOf(line, { service: 'vape', tier }, 9, null)).toEqual({ kind: 'now' })
    expect(turnOf(line, { service: 'api', tier }, 9, null)).toEqual({ kind: 'turn', live: 1, ahead: [] })
  })

  it('counts as a rollout where a tier has a limit', () => {
    expect(turnOf(line, { service: 'vape', tier }, 9, 2)).toEqual({ kind: 'limit', limit: 2, before: [] })
    expect(turnOf(line, { service: 'vape', tier }, 9, 3)).toEqual({ kind: 'now' })
  })
})

describe('whose turn it is', () => {
  const line = lineIn(
    [
      rolls('api', 1),
      waits('api', 9),
      waits('api', 4),
      waits('vape', 5, true),
      waits('vape', 8),
      waits('hugs', 6),
      entry(keys.queued({ service: 'odd', tier }, 3), 'rubbish'),
      entry(keys.current({ service: 'api', tier }), 'whatever'),
      entry(keys.active({ service: 'api', tier: 'staging' }), pointerRecord.write({ id: 2 })),
    ],
    tier,
  )
  const cases: readonly [string, string, number, number | null, unknown][] = [
    ['a free target without a limit', 'beavis', 10, null, { kind: 'now' }],
    ['behind what rolls', 'api', 4, null, { kind: 'turn', live: 1, ahead: [] }],
    [
      'behind those that wait, in the order of their numbers',
      'api',
      10,
      null,
      { kind: 'turn', live: 1, ahead: [4, 9] },
    ],
    [
      'behind those that wait on a free target, stuck or not',
      'vape',
      8,
      null,
      { kind: 'turn', live: null, ahead: [5] },
    ],
    ['first in line, itself stuck before', 'vape', 5, null, { kind: 'now' }],
    ['under the limit', 'hugs', 6, 2, { kind: 'now' }],
    ['at the limit', 'hugs', 6, 1, { kind: 'limit', limit: 1, before: [] }],
    [
      'behind the heads of other targets that came before and could begin',
      'beavis',
      10,
      2,
      { kind: 'limit', limit: 2, before: [6] },
    ],
    ['not behind the heads that came later', 'vape', 5, 2, { kind: 'now' }],
    [
      'behind one whose place cannot be read, on its own target alone',
      'odd',
      10,
      null,
      { kind: 'turn', live: null, ahead: [3] },
    ],
    ['with room for all of them', 'beavis', 10, 3, { kind: 'now' }],
  ]
  it.each(cases)('%s', (_, service, id, limit, turn) => {
    expect(turnOf(line, { service, tier }, id, limit)).toEqual(turn)
  })
})
