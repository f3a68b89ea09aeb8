import { expect, it } from 'vitest'
import { track, type KnownView } from '../../src/adapters/fleet/track.ts'
import type { Seen, SeenUnit } from '../../src/adapters/fleet/view.ts'
import { decide } from '../../src/rollout/decide.ts'
import type { Observation } from '../../src/rollout/observation.ts'
import { planOf, rolloutOf } from '../support/rollouts.ts'

const third = 'mapi@3.service'
const unit = (name: string, target: string | null): SeenUnit => ({
  unit: name,
  wanted: 'launched',
  believed: 'launched',
  hash: 'h',
  target,
  global: false,
  reports:
    target === null
      ? []
      : [{ machine: target, ip: '127.0.0.1', load: 'loaded', active: 'active', sub: 'running', hash: 'h' }],
})
const names = [1, 2, 3].map((n) => `api@${n}.service`)
const seen = (lost: readonly string[]): Seen => ({
  kind: 'seen',
  machines: new Map(
    names
      .filter((name) => !lost.includes(`m${name}`))
      .map((name) => [`m${name}`, { id: `m${name}`, ip: '127.0.0.1', metadata: {} }]),
  ),
  units: new Map(names.map((name) => [name, unit(name, lost.includes(`m${name}`) ? null : `m${name}`)])),
  templates: new Map(),
})
const at = (second: number) => ({ startedAt: second * 1000, endedAt: second * 1000 + 100 })

it('a machine that left is remembered with what was on it, until it is back', () => {
  const before = track(null, seen([]), at(0))
  expect(before.left).toBeUndefined()
  const gone = track(before, seen([third]), at(1))
  const left = [{ id: third, ip: '127.0.0.1', seenAt: 100, missedAt: 1000, units: ['api@3.service'] }]
  expect(gone.left).toEqual(left)
  expect(track(gone, seen([third]), at(400)).left).toEqual(left)
  expect(track(gone, seen([]), at(2)).left).toBeUndefined()
})

it('the thread says once which machine left and when, and once that it is back', () => {
  let rollout = rolloutOf(planOf())
  const said: string[] = []
  const turn = (view: KnownView): void => {
    const observation: Observation = {
      cluster: view,
      health: new Map(),
      abort: null,
      take: null,
      pause: null,
      resumed: null,
      holds: ['nobody may begin'],
      askedAt: () => 0,
      wanted: null,
      announced: new Map(),
      preparation: null,
      go: null,
      refusals: new Map(),
    }
    const decision = decide(rollout, observation, { wall: view.endedAt, monotonic: view.endedAt, spentMs: 0 })
    rollout = decision.rollout
    for (const fact of decision.facts)
      if (fact.kind === 'outside' && (fact.did === 'left' || fact.did === 'returned'))
        said.push(`${fact.unit}: ${fact.reason}`)
  }
  let view = track(null, seen([]), at(0))
  turn(view)
  for (const second of [1, 2, 20]) turn((view = track(view, seen([third]), at(second))))
  // After a freeze of etcd machines vanish for a while, and nothing left.
  expect(said).toEqual([])
  for (const second of [32, 33, 40]) turn((view = track(view, seen([third]), at(second))))
  expect(said).toEqual([
    'api@3.service: its machine 127.0.0.1 left the cluster 31s ago, and what it ran may still run there',
  ])
  for (const second of [41, 42]) turn((view = track(view, seen([]), at(second))))
  expect(said.slice(1)).toEqual(['api@3.service: its machine mapi@3.s is back in the cluster'])
})
