import { describe, expect, it } from 'vitest'
import { driftOf } from '../../src/domain/drift.ts'
import type { Fact } from '../../src/domain/event.ts'
import { reactionOf, rootMessage } from '../../src/narrator/board.ts'
import { closingMessage } from '../../src/narrator/closing.ts'
import { lineOf } from '../../src/narrator/lines.ts'
import { planOf } from '../support/rollouts.ts'
import { World } from './world.ts'

/** Machines that leave the cluster with a copy of an instance that may go on running (network-partition). */

const third = 'api@3.service'
const home = `m${third}`

function until(world: World, so: () => boolean): void {
  for (let turn = 0; turn < 1000 && !so(); turn++) world.turn()
  expect(so()).toBe(true)
}
const line = (world: World, fact: Fact | undefined): string =>
  fact === undefined ? '' : (lineOf({ rollout: 1, seq: 1, at: world.now, fact }, world.rollout) ?? '')

/** Its machine is cut off, and fleet starts it elsewhere. */
function cutOff(world: World, unit = third): void {
  world.gone.add(`m${unit}`)
  Object.assign(world.unit(unit), { state: 'none' })
  for (let turn = 0; turn < 8; turn++) world.turn()
  Object.assign(world.unit(unit), { machine: 'm9', state: 'running', process: world.unit(unit).process + 1 })
}

describe('an instance whose machine is cut off while it waits for its turn', () => {
  it('does not let the rollout end as a clean success: the old copy was not seen to stop', () => {
    const world = new World(planOf())
    until(world, () => world.rollout.instances[0]?.stage === 'proving')
    cutOff(world)
    expect(world.run()).toMatchObject({ phase: 'succeeded' })
    expect(world.rollout.instances[2]?.copies).toMatchObject([{ machine: home }])
    const ended = world.facts.at(-1)
    expect(ended).toMatchObject({ reason: '3 of 3 replaced, 1 old copy not seen to stop' })
    expect(line(world, ended)).toContain('succeeded, with a warning')
    expect(line(world, ended)).toContain('Opsee did not see the old copy of api@3 on 127.0.0.1 stop')
    expect(line(world, ended)).toContain('may still run there and serve')
    expect(rootMessage(world.rollout).text).toContain('1 old copy not seen to stop')
    expect(closingMessage(world.rollout).text).toContain('1 old copy not seen to stop')
    expect(reactionOf(world.rollout)).toBe('warning')
  })

  it('is told in the thread when fleet moves it', () => {
    const world = new World(planOf())
    until(world, () => world.rollout.instances[0]?.stage === 'proving')
    cutOff(world)
    world.run()
    expect(world.facts.filter((fact) => fact.kind === 'outside')).toMatchObject([{ unit: third, did: 'moved' }])
  })

  it('ends clean when the machine is listed again before the end: fleet has ended the old copy then', () => {
    const world = new World(planOf())
    until(world, () => world.rollout.instances[0]?.stage === 'proving')
    cutOff(world)
    until(world, () => world.rollout.instances[2]?.copies?.length === 1)
    world.gone.clear()
    expect(world.run().phase).toBe('succeeded')
    expect(world.facts.at(-1)).toMatchObject({ reason: '3 of 3 replaced' })
    expect(reactionOf(world.rollout)).toBe('white_check_mark')
  })
})

describe('an instance that Opsee itself stops and starts on another machine', () => {
  it('has no old copy: that one was seen to stop', () => {
    const world = new World(planOf())
    until(world, () => world.unit(third).state === 'dead')
    for (let turn = 0; turn < 3; turn++) world.turn()
    world.unit(third).machine = 'm9'
    world.gone.add(home)
    expect(world.run().phase).toBe('succeeded')
    expect(world.facts.at(-1)).toMatchObject({ reason: '3 of 3 replaced' })
  })
})

describe('an instance whose machine is cut off', () => {
  it.each(['stopping', 'done'] as const)('while it is %s is no clean success either', (stage) => {
    const world = new World(planOf({ progressDeadlineMs: 300_000 }))
    world.stopMs = stage === 'stopping' ? 100_000 : 1500
    until(world, () => world.rollout.instances[0]?.stage === stage)
    cutOff(world, 'api@1.service')
    world.stopMs = 1500
    world.unit('api@1.service').lag = 0
    expect(world.run().phase).toBe('succeeded')
    expect(world.facts.at(-1)).toMatchObject({ reason: '3 of 3 replaced, 1 old copy not seen to stop' })
  })
})

it.each([
  [true, 'and it still answers there'],
  [false, 'and that machine is not back in the cluster'],
  [null, 'and that machine is not back in the cluster'],
] as const)('drift keeps naming an old copy while its machine is out of the cluster (answers: %s)', (answers, how) => {
  const copies = [{ id: 12, unit: third, machine: 'm3', ip: '10.0.0.3', answers }]
  const findings = driftOf({ at: null, wanted: undefined, good: null, left: null, rolled: true, instances: [], copies })
  expect(findings).toEqual([
    { kind: 'copy', text: `rollout 12 did not see the old copy of ${third} stop on 10.0.0.3, ${how}` },
  ])
})
