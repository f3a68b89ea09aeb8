import { describe, expect, it } from 'vitest'
import { lineOf } from '../../src/narrator/lines.ts'
import type { HealthGate } from '../../src/ports/health.ts'
import { planOf } from '../support/rollouts.ts'
import { World, type FakeUnit } from './world.ts'

/** Instances that passed their gate, and what becomes of them before the rollout ends. */

const [first, second] = ['api@1.service', 'api@2.service'] as const
const named: HealthGate = { kind: 'http', port: 8080, path: '/health', timeoutMs: 1000, identity: 'pid' }
const plan = planOf({ units: [first, second], settleMs: 5000 })

/** The first instance is done, and the second one under way. */
function halfWay(change: Partial<typeof plan> = {}): World {
  const world = new World({ ...plan, ...change })
  while (world.rollout.instances[1]?.stage !== 'proving' && world.now < 1_200_000) world.turn()
  expect(world.rollout.instances.map((one) => one.stage)).toEqual(['done', 'proving'])
  return world
}

const turns = (world: World, count: number): void => {
  for (let turn = 0; turn < count; turn++) world.turn()
}
const states = (unit: FakeUnit, world: World, ...row: readonly FakeUnit['state'][]): void => {
  for (const state of row) {
    unit.state = state
    world.turn()
  }
}
/** Its process ends and systemd starts the next one. */
const newProcess = (unit: FakeUnit): void => void (unit.process += 1)
const calls = (world: World) => world.log.map(({ what }) => what)

describe('an instance that passed its gate and whose process ends before the rollout does', () => {
  it.each<readonly [how: string, row: readonly FakeUnit['state'][]]>([
    ['waits for systemd to start it again', ['auto-restart', 'starting', 'running']],
    ['starts again, and nobody saw it wait', ['starting', 'running']],
    ['was seen stopping and running again', ['stopping', 'running']],
    ['was seen dead and running again', ['dead', 'running']],
  ])('fails the rollout when it %s', (_, row) => {
    const world = halfWay()
    states(world.unit(first), world, ...row)
    expect(world.run()).toMatchObject({ phase: 'failed', ending: { unit: first } })
    expect(world.rollout.ending).toMatchObject({ reason: expect.stringMatching(/restarted once|went down/) })
    expect(world.rollout.instances[0]).toMatchObject({ stage: 'failed' })
    expect(world.unit(first)).toMatchObject({ state: 'running' })
  })

  it('fails the rollout when only its health answer shows another process', () => {
    const world = halfWay({ gate: named })
    newProcess(world.unit(first))
    expect(world.run()).toMatchObject({
      phase: 'failed',
      ending: {
        unit: first,
        reason: `${first} restarted once after it passed its gate (its health answer names another process: 3, and before 2)`,
      },
    })
  })

  it.each(['failed', 'dead'] as const)('fails the rollout at once when it stays %s', (state) => {
    const world = halfWay()
    world.unit(first).lag = Number.MAX_SAFE_INTEGER
    world.unit(first).state = state
    const at = world.now
    expect(world.run()).toMatchObject({ phase: 'failed', ending: { unit: first } })
    expect(world.rollout.ending).toMatchObject({
      reason: expect.stringContaining('went down after it passed its gate'),
    })
    expect(world.now - at).toBeLessThan(20_000)
  })

  it('says how often, also when it happens again while the rollout ends', () => {
    const world = halfWay({ gate: named })
    newProcess(world.unit(first))
    turns(world, 2)
    expect(world.rollout.ending).toMatchObject({ reason: expect.stringContaining('restarted once') })
    newProcess(world.unit(first))
    expect(world.run().ending).toMatchObject({ reason: expect.stringContaining('restarted twice') })
    expect(world.facts.at(-1)).toMatchObject({ kind: 'ended', reason: expect.stringContaining('restarted twice') })
  })

  it('begins nothing more', () => {
    const world = new World(planOf({ gate: named }))
    while (world.rollout.instances[1]?.stage !== 'proving') world.turn()
    newProcess(world.unit(first))
    expect(world.run().phase).toBe('failed')
    expect(calls(world)).not.toContain('stop api@3.service')
    expect(world.rollout.instances[2]?.stage).toBe('waiting')
  })

  it('fails the rollout also when it happened while no driver looked', () => {
    const world = halfWay({ gate: named })
    newProcess(world.unit(first))
    world.restart()
    expect(world.run()).toMatchObject({ phase: 'failed', ending: { unit: first } })
  })

  it('fails the rollout also when it happened while the rollout was paused', () => {
    const world = new World(planOf({ gate: named }))
    while (world.rollout.instances[1]?.stage !== 'proving') world.turn()
    world.pause = { kind: 'pause', by: { id: 'U1', name: 'ann' }, reason: null, at: 1 }
    while (world.rollout.phase !== 'paused') world.turn()
    newProcess(world.unit(first))
    world.pause = null
    expect(world.run()).toMatchObject({ phase: 'failed', ending: { unit: first } })
  })

  it('is failed in an aborted rollout too, which stays aborted', () => {
    const world = halfWay({ gate: named })
    world.abort = { by: { id: 'U1', name: 'ann' }, reason: null }
    newProcess(world.unit(first))
    expect(world.run().phase).toBe('aborted')
    expect(world.rollout.instances[0]).toMatchObject({ stage: 'failed', restarts: 1 })
  })

  it('is not seen where nothing names the process', () => {
    const world = halfWay()
    newProcess(world.unit(first))
    expect(world.run().phase).toBe('succeeded')
  })

  it('is not hidden by a record of an older version, once that has been looked at', () => {
    const world = halfWay({ gate: named })
    const instances = world.rollout.instances.map((one) => ({ ...one, proven: undefined }))
    world.rollout = { ...world.rollout, instances }
    turns(world, 2)
    newProcess(world.unit(first))
    expect(world.run()).toMatchObject({ phase: 'failed', ending: { unit: first } })
  })
})

describe('an instance that fleet stops and starts after it passed its gate', () => {
  it('passes its gate again, and the thread says so', () => {
    const world = halfWay({ gate: named })
    world.unit(first).hidden = 4
    turns(world, 3)
    newProcess(world.unit(first))
    const at = world.now
    expect(world.run().phase).toBe('succeeded')
    expect(world.now - at).toBeGreaterThanOrEqual(5000)
    const facts = world.facts.filter((fact) => fact.kind === 'outside')
    expect(facts).toMatchObject([{ unit: first, did: 'restarted' }])
    expect(facts.map((fact) => lineOf({ rollout: 1, seq: 1, at: 0, fact }, world.rollout))).toEqual([
      'api@1: no machine reported it for a while: it must pass its gate again.',
    ])
    expect(world.facts.filter((fact) => fact.kind === 'healthy' && fact.unit === first)).toHaveLength(2)
  })

  it('goes on as it was when its health answer names the same process', () => {
    const world = halfWay({ gate: named })
    world.unit(first).hidden = 4
    expect(world.run().phase).toBe('succeeded')
    expect(world.facts.filter((fact) => fact.kind === 'outside')).toEqual([])
    expect(world.facts.filter((fact) => fact.kind === 'healthy')).toHaveLength(2)
  })

  it('passes its gate again after fleet was silent for long and another process answers', () => {
    const world = halfWay({ gate: named })
    world.silentUntil = world.now + 25_000
    turns(world, 40)
    newProcess(world.unit(first))
    expect(world.run().phase).toBe('succeeded')
    expect(world.facts.filter((fact) => fact.kind === 'outside')).toMatchObject([{ unit: first }])
  })

  it('does not reset the deadline, however often that happens', () => {
    const world = halfWay({ gate: named, progressDeadlineMs: 60_000 })
    world.unit(second).healthy = false
    const began = world.now
    for (let turn = 0; turn < 400 && world.rollout.ending === null; turn++) {
      if (turn % 40 === 0) {
        world.unit(first).hidden = 3
        newProcess(world.unit(first))
      }
      world.turn()
    }
    expect(world.rollout.ending).toMatchObject({ kind: 'failed' })
    expect(world.now - began).toBeLessThan(75_000)
  })

  it('fails when it does not come up again', () => {
    const world = halfWay()
    world.unit(first).hidden = 3
    turns(world, 2)
    Object.assign(world.unit(first), { state: 'failed', lag: Number.MAX_SAFE_INTEGER })
    expect(world.run()).toMatchObject({ phase: 'failed', ending: { unit: first } })
  })

  it('counts as away until then: nothing else is taken away beside it', () => {
    const world = new World(planOf({ gate: named, settleMs: 5000 }))
    while (world.rollout.instances[1]?.stage !== 'proving') world.turn()
    world.unit(first).hidden = 6
    turns(world, 5)
    newProcess(world.unit(first))
    while (world.rollout.instances[0]?.stage !== 'proving') world.turn()
    while (world.rollout.instances[0]?.stage === 'proving') {
      world.turn()
      if (world.rollout.instances[0]?.stage === 'proving') expect(calls(world)).not.toContain('stop api@3.service')
    }
    expect(world.run().phase).toBe('succeeded')
  })
})

describe('an instance that is still proving', () => {
  it('starts its settle time again when its health answer names another process', () => {
    const world = halfWay({ gate: named })
    turns(world, 8)
    newProcess(world.unit(second))
    const at = world.now
    expect(world.run().phase).toBe('succeeded')
    expect(world.now - at).toBeGreaterThanOrEqual(5000)
  })
})
