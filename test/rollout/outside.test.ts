import { describe, expect, it } from 'vitest'
import { lineOf } from '../../src/narrator/lines.ts'
import { planOf } from '../support/rollouts.ts'
import { World } from './world.ts'

/** What somebody else does to instances in mid-rollout: one line of the thread each. */

const [first, third] = ['api@1.service', 'api@3.service'] as const

function until(world: World, so: () => boolean): void {
  for (let turn = 0; turn < 1000 && !so(); turn++) world.turn()
  expect(so()).toBe(true)
}
const lines = (world: World) =>
  world.facts
    .filter((fact) => fact.kind === 'outside')
    .map((fact) => lineOf({ rollout: 1, seq: 1, at: 0, fact }, world.rollout))

describe('the thread has one line', () => {
  it('for an instance that somebody starts right after Opsee stopped it', () => {
    const world = new World(planOf({ sidekicks: [] }))
    world.stopMs = 6000
    until(world, () => world.rollout.instances[0]?.heeded === 'stopping')
    world.call({ verb: 'start', unit: first })
    world.unit(first).lag = 0
    world.unit(first).state = 'running'
    expect(world.run().phase).toBe('succeeded')
    expect(lines(world)).toEqual(['api@1: somebody started it; Opsee stops it again.'])
  })

  it('for an instance that somebody stops while it must prove itself', () => {
    const world = new World(planOf({ settleMs: 40_000 }))
    until(world, () => world.rollout.instances[0]?.stage === 'proving')
    for (let turn = 0; turn < 30; turn++) world.turn()
    Object.assign(world.unit(first), { wanted: 'loaded', lag: 0 })
    expect(world.run().phase).toBe('succeeded')
    expect(lines(world)).toEqual(['api@1: somebody stopped it; Opsee starts it again.'])
  })

  it('for an instance that somebody stops before its turn, and one when it is started again', () => {
    const world = new World(planOf())
    until(world, () => world.rollout.instances[0]?.stage === 'proving')
    Object.assign(world.unit(third), { wanted: 'loaded', state: 'dead' })
    for (let turn = 0; turn < 3; turn++) world.turn()
    Object.assign(world.unit(third), { wanted: 'launched', state: 'running' })
    expect(world.run().phase).toBe('succeeded')
    expect(lines(world)).toEqual([
      'api@3: somebody stopped it before its turn.',
      'api@3: somebody started it again before its turn.',
    ])
  })

  it('for nothing that the rollout does itself', () => {
    const world = new World(planOf({ sidekicks: ['api-elb@.service'] }))
    world.unit(first).falls = 1
    world.unit('api@2.service').missesStop = true
    expect(world.run().phase).toBe('succeeded')
    expect(lines(world)).toEqual([])
  })
})

describe('the closing lines of a rollout', () => {
  it('say what runs as seen at the end, and not what was recorded', () => {
    const world = new World(planOf())
    until(
      world,
      () => world.rollout.instances[2]?.stage === 'waiting' && world.rollout.instances[1]?.stage === 'proving',
    )
    world.abort = { by: { id: 'U1', name: 'ann' }, reason: null }
    Object.assign(world.unit(third), { state: 'starting' })
    world.unit(first).hidden = 50
    expect(world.run().phase).toBe('aborted')
    const fact = world.facts.at(-1)
    const end = fact === undefined ? '' : (lineOf({ rollout: 1, seq: 1, at: 0, fact }, world.rollout) ?? '')
    expect(end).toContain('1 of 3 run; api@1 does not (no machine reports it), api@3 does not (activating/start-pre on')
  })

  it('say that fleet did not answer where nothing was seen', () => {
    const world = new World(planOf())
    world.silentUntil = Number.POSITIVE_INFINITY
    world.abort = { by: { id: 'U1', name: 'ann' }, reason: null }
    expect(world.run().phase).toBe('aborted')
    const fact = world.facts.at(-1)
    const end = fact === undefined ? '' : (lineOf({ rollout: 1, seq: 1, at: 0, fact }, world.rollout) ?? '')
    expect(end).toContain('The fleet did not say what runs.')
  })
})
