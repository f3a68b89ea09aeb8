import { describe, expect, it } from 'vitest'
import type { Plan } from '../../src/domain/plan.ts'
import { releaseFactText, releaseStateText } from '../../src/domain/release-words.ts'
import type { Release } from '../../src/domain/release.ts'
import { isOver } from '../../src/domain/rollout.ts'
import { planOf } from '../support/rollouts.ts'
import { gate, World } from './world.ts'

/** Who restarts by itself while a failed rollout takes itself back, and may pull the bad release once more. */

const v1 = `sha256:${'1'.repeat(64)}`
const v2 = `sha256:${'2'.repeat(64)}`
const other = `sha256:${'9'.repeat(64)}`
const releaseOf = (digest: string, tag: string): Release => ({
  digest,
  tag,
  revision: null,
  version: null,
  source: null,
  builtAt: null,
})
const release: Plan['release'] = {
  at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
  from: v1,
  to: releaseOf(v2, 'v2'),
  proof: { by: 'health', field: 'digest' },
}
const rollback: Plan['rollback'] = { to: releaseOf(v1, 'v1'), id: 7, afterMs: 30_000 }

/** Of three instances the first fails with v2, and is taken back. */
function failing(): World {
  const world = new World(planOf({ gate, release, rollback, progressDeadlineMs: 60_000 }))
  world.bad.add(v2)
  return world
}

function turnUntil(world: World, done: () => boolean): void {
  for (let turn = 0; turn < 2000 && !done(); turn++) world.turn()
  expect(done()).toBe(true)
}

/** systemd starts it once more: it gets what is wanted by then. */
const startedAnew = (world: World, unit: string, runs = world.wanted): void =>
  void Object.assign(world.unit(unit), { runs, process: world.unit(unit).process + 1, state: 'running' })

const running = (world: World) => world.rollout.instances.map((one) => world.unit(one.unit).runs)
const stops = (world: World, unit: string): number => world.log.filter(({ what }) => what === `stop ${unit}`).length
const counting = (world: World): boolean => world.rollout.rollback?.stage === 'countdown'

describe('An instance that starts by itself while its rollout is taken back', () => {
  it.each<readonly [what: string, well: boolean]>([
    ['is sick with the bad release', false],
    ['is well with it', true],
  ])('in the countdown, and %s, is rolled too', (_, well) => {
    const world = failing()
    turnUntil(world, () => counting(world))
    startedAnew(world, 'api@2.service')
    if (well) world.bad.delete(v2)
    world.run()
    expect([world.rollout.phase, running(world)]).toEqual(['rolled-back', [v1, v1, v1]])
    expect(stops(world, 'api@3.service')).toBe(0)
  })

  it('between the turn and the moment the wanted release is back is rolled once more, and the thread says so', () => {
    const world = failing()
    turnUntil(world, () => counting(world))
    world.registryAway = 'the registry does not answer'
    turnUntil(world, () => world.rollout.rollback?.stage === 'going')
    startedAnew(world, 'api@3.service')
    world.turn()
    world.registryAway = null
    world.run()
    expect([world.rollout.phase, running(world)]).toEqual(['rolled-back', [v1, v1, v1]])
    expect(stops(world, 'api@2.service')).toBe(0)
    const again = world.facts.filter((fact) => fact.kind === 'rolled-again')
    expect(again.map((fact) => releaseFactText(fact, world.rollout))).toEqual([
      'Now that the tag production of quay.io/opsee/api names v1 (sha256:111111111111) again, api@3 is not well: it is rolled once more.',
    ])
  })

  it('is rolled once more at the most: then the end names it', () => {
    const world = failing()
    turnUntil(world, () => world.rollout.rollback?.stage === 'going')
    startedAnew(world, 'api@2.service', v2)
    startedAnew(world, 'api@3.service', v2)
    turnUntil(world, () => stops(world, 'api@3.service') === 1)
    expect(world.rollout.instances[1]?.stage).toBe('done')
    startedAnew(world, 'api@2.service', other)
    world.run()
    expect(world.rollout.phase).toBe('rollback-failed')
    expect(world.rollout.ending).toMatchObject({
      unit: 'api@2.service',
      reason: expect.stringContaining('was started again: it runs sha256:999999999999 by now, and should run v1'),
    })
    expect([stops(world, 'api@2.service'), stops(world, 'api@3.service')]).toEqual([1, 1])
    expect(releaseStateText(world.rollout)).toContain('api@2 runs sha256:999999999999')
  })

  it('does not stand in the way of those that were changed', () => {
    const world = failing()
    world.bad.delete(v2)
    turnUntil(world, () => world.rollout.instances[1]?.stage === 'proving')
    world.unit('api@2.service').healthy = false
    turnUntil(world, () => counting(world))
    world.unit('api@2.service').healthy = true
    turnUntil(world, () => world.rollout.rollback?.stage === 'going')
    world.unit('api@3.service').healthy = false
    turnUntil(world, () => stops(world, 'api@3.service') === 1)
    // The others serve, and may not go while it is away.
    expect(stops(world, 'api@1.service')).toBe(1)
    world.unit('api@3.service').healthy = true
    world.run()
    expect([world.rollout.phase, running(world)]).toEqual(['rolled-back', [v1, v1, v1]])
  })

  it('leaves nobody on the bad release, whatever step crashes', () => {
    for (let crashAt = 0; crashAt < 300; crashAt += 11) {
      const world = failing()
      let started = false
      for (let turn = 0; turn < 3000 && !isOver(world.rollout); turn++) {
        if (!started && world.rollout.rollback?.stage === 'going') {
          startedAnew(world, 'api@2.service', v2)
          started = true
        }
        world.turn(turn === crashAt ? { crash: turn % 2 === 0 ? 'before-calls' : 'after-calls' } : {})
      }
      expect([crashAt, world.rollout.phase, running(world)]).toEqual([crashAt, 'rolled-back', [v1, v1, v1]])
      expect(releaseStateText(world.rollout)).toBeNull()
    }
  })
})

describe('A rollout that moved the wanted release and changed no instance', () => {
  it('takes the wanted release back all the same', () => {
    const world = failing()
    world.unit('api@1.service').ignoresCalls = true
    world.run()
    expect([world.rollout.phase, world.wanted, running(world)]).toEqual(['rolled-back', v1, [v1, v1, v1]])
    expect(world.facts.filter((fact) => fact.kind === 'batch-done')).toEqual([])
    expect(stops(world, 'api@2.service') + stops(world, 'api@3.service')).toBe(0)
  })
})
