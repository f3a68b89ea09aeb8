import { describe, expect, it } from 'vitest'
import { check } from '../../chaos/checker/check.ts'
import type { Change, Evidence } from '../../chaos/checker/evidence.ts'

/** What the chaos checker makes of etcd's history alone, where no bot that was broken on purpose shows it at a sure moment. */

const [ann, bob, mallory] = ['U0ANN', 'U0BOB', 'U0MALLORY']

/** A history of keys, in its order; the revision is the place in it. */
function violations(history: readonly (readonly [key: string, is: object | null])[], typed: Evidence['typed'] = []) {
  const changes = history.map(([key, is], index): Change => ({
    key,
    value: is === null ? null : JSON.stringify({ v: 1, is }),
    revision: index + 1,
    by: index,
    slop: 0,
  }))
  const evidence = {
    changes,
    typed,
    fleet: [],
    asked: [],
    said: [],
    named: new Map(),
    messages: [],
    homes: new Map(),
    harness: '/harness',
    machines: new Map(),
    historyChannel: 'H',
    bot: 'B',
    lagMs: 1,
  }
  return check(evidence)
    .violations.filter(({ invariant }) => invariant === 5)
    .map(({ message }) => message)
}

const release = (name: string): object => ({ digest: name })
const rollout = (...stages: readonly string[]): readonly [string, object] => [
  'rollouts/000000000001',
  {
    id: 1,
    phase: 'rolling',
    seq: 1,
    command: 'deploy api production',
    reason: null,
    place: { channel: 'C', thread: null },
    requestedBy: { id: ann },
    ending: null,
    instances: stages.map((stage, index) => ({ unit: `api@${index + 1}.service`, stage, calls: 1, sidekicks: [] })),
    plan: {
      tier: 'production',
      service: 'api',
      atOnce: 1,
      others: [],
      release: { at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' }, from: 'v1', to: release('v2') },
    },
  },
]
const stop = (kind: 'stop' | 'go'): readonly [string, object] => ['stops/production', { kind }]
const lockBy = (id: string): readonly [string, object] => ['locks/production/api', { by: { id }, until: null }]
const takenBy = (id: string): readonly [string, object] => [
  'wishes/000000000001',
  { abort: null, pause: null, take: { by: { id } } },
]

describe('The checker, of what people said', () => {
  it('finds what began while its tier was stopped, and nothing before or after', () => {
    const calm = [
      rollout('waiting', 'waiting'),
      rollout('stopping', 'waiting'),
      stop('stop'),
      rollout('done', 'waiting'),
    ] as const
    expect(violations([...calm, stop('go'), rollout('done', 'stopping')])).toEqual([])
    expect(violations([...calm, rollout('done', 'stopping')])).toEqual([
      expect.stringContaining(
        'began api@2.service at revision 5 (00:00:00.004), after the stop of its tier of revision 3',
      ),
    ])
  })

  it('knows whose lock holds a rollout that was taken over', () => {
    expect(violations([rollout('waiting'), lockBy(bob), rollout('stopping')])).toHaveLength(1)
    expect(violations([rollout('waiting'), takenBy(bob), lockBy(bob), rollout('stopping')])).toEqual([])
    expect(violations([rollout('waiting'), takenBy(bob), lockBy(ann), rollout('stopping')])).toHaveLength(1)
  })

  it('finds what began with another release than the pinned one', () => {
    const pinTo = (name: string): readonly [string, object] => ['pins/production/api', { release: release(name) }]
    expect(violations([rollout('waiting'), pinTo('v2'), rollout('stopping')])).toEqual([])
    expect(violations([rollout('waiting'), pinTo('v1'), ['pins/production/api', null], rollout('stopping')])).toEqual(
      [],
    )
    expect(violations([rollout('waiting'), pinTo('v1'), rollout('stopping')])).toEqual([
      expect.stringContaining('with v2, after the pin to v1 of revision 2'),
    ])
  })

  it('finds a lock, a stop or a wish of somebody who may not', () => {
    const typed = [
      { tag: 'a', user: ann, text: 'deploy', forbidden: false },
      { tag: 'b', user: mallory, text: 'stop production "mine"', forbidden: true },
    ]
    expect(violations([['stops/production', { kind: 'stop', by: { id: ann } }]], typed)).toEqual([])
    expect(violations([['stops/production', { kind: 'stop', by: { id: mallory } }]], typed)).toEqual([
      'stops/production was written at revision 1 for U0MALLORY, who has no right to',
    ])
  })
})
