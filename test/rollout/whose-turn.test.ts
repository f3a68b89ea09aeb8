import { describe, expect, it } from 'vitest'
import { planOf } from '../support/rollouts.ts'
import { gate, World } from './world.ts'

const calls = (world: World) => world.log.map((entry) => entry.what)
const began = (world: World) =>
  world.facts.flatMap((fact) => (fact.kind === 'batch-began' ? [fact.units.join(' ')] : []))

/** Turns until the first instance is proving; what becomes of the others is for each test. */
function untilFirstProves(world: World): void {
  while (world.rollout.instances[0]?.stage !== 'proving') world.turn()
}

describe('an instance of a later batch that goes down while others wait for their turn', () => {
  it('goes first when it stays down: it takes nobody’s service away', () => {
    const world = new World(planOf())
    untilFirstProves(world)
    world.unit('api@3.service').state = 'failed'
    expect(world.run().phase).toBe('succeeded')
    expect(began(world)).toEqual(['api@1.service', 'api@3.service', 'api@2.service'])
    expect(world.rollout.instances.map((one) => one.batch)).toEqual([0, 2, 1])
  })

  it('goes first when its gate refuses it: a release that mends it is not kept from it', () => {
    const world = new World(planOf({ gate }))
    untilFirstProves(world)
    world.unit('api@3.service').healthy = false
    while (world.rollout.instances[2]?.stage === 'waiting' && world.now < 1_100_000) world.turn()
    world.unit('api@3.service').healthy = true
    expect(world.run().phase).toBe('succeeded')
    expect(began(world)).toEqual(['api@1.service', 'api@3.service', 'api@2.service'])
  })

  it('is waited for when no machine reports it: it may well serve', () => {
    const world = new World(planOf())
    untilFirstProves(world)
    world.unit('api@3.service').hidden = 40
    expect(world.run().phase).toBe('succeeded')
    expect(began(world)).toEqual(['api@1.service', 'api@2.service', 'api@3.service'])
  })

  it.each([
    ['loaded', 'is no longer wanted (inactive/dead on 127.0.0.1): somebody else stopped it since the plan was made'],
    ['absent', 'is not in fleet any more (no machine reports it): somebody else destroyed it since the plan was made'],
  ] as const)('ends the rollout at once when it is %s: nothing waits for what will not come back', (wanted, why) => {
    const world = new World(planOf())
    untilFirstProves(world)
    Object.assign(world.unit('api@3.service'), { wanted, state: wanted === 'absent' ? 'none' : 'dead' })
    const at = world.now
    expect(world.run().ending).toMatchObject({ kind: 'failed', unit: 'api@3.service', reason: `api@3.service ${why}` })
    expect(world.now - at).toBeLessThan(20_000)
    expect(calls(world)).not.toContain('stop api@2.service')
  })
})

it('names the instance that is in the way, and not the one that waits for it, when the time is over', () => {
  const world = new World(planOf())
  untilFirstProves(world)
  world.unit('api@3.service').hidden = 10_000
  expect(world.run().ending).toMatchObject({
    kind: 'failed',
    unit: 'api@3.service',
    reason: expect.stringContaining('api@2.service waits for its turn: api@3.service is away'),
  })
})

it('does not end before one that went down again has proven steady once more', () => {
  const world = new World(planOf({ units: ['api@1.service', 'api@2.service'], settleMs: 10_000 }))
  const second = () => world.rollout.instances[1]?.stage
  while (second() !== 'proving') world.turn()
  // fleet withdraws the row of what it stops itself.
  world.unit('api@1.service').hidden = 2
  for (let turn = 0; turn < 2; turn++) world.turn()
  world.unit('api@1.service').state = 'starting'
  while (second() !== 'done') world.turn()
  world.unit('api@1.service').state = 'running'
  const at = world.now
  expect(world.run().phase).toBe('succeeded')
  expect(world.now - at).toBeGreaterThanOrEqual(10_000)
})

describe('an instance whose machine leaves before its turn', () => {
  it('is never touched, costs one deadline, and the end says the truth about it', () => {
    const world = new World(planOf({ progressDeadlineMs: 60_000 }))
    while (world.rollout.instances[1]?.stage !== 'proving' && world.now < 1_300_000) world.turn()
    world.unit('api@3.service').homeless = true
    while (world.rollout.instances[1]?.stage !== 'done' && world.now < 1_300_000) world.turn()
    const at = world.now
    expect(world.run()).toMatchObject({ phase: 'failed', ending: { unit: 'api@3.service' } })
    expect(world.now - at).toBeLessThan(75_000)
    expect(world.rollout.ending).toMatchObject({ reason: expect.stringContaining('was not touched') as unknown })
    expect(calls(world).filter((what) => what.endsWith('api@3.service'))).toEqual([])
  })

  it('goes on when the machine is back', () => {
    const world = new World(planOf())
    untilFirstProves(world)
    world.unit('api@3.service').homeless = true
    for (let turn = 0; turn < 80; turn++) world.turn()
    world.unit('api@3.service').homeless = false
    expect(world.run().phase).toBe('succeeded')
  })

  it('costs no second deadline when its stop was recorded just before', () => {
    const world = new World(planOf({ progressDeadlineMs: 60_000 }))
    while (world.rollout.instances[0]?.stage !== 'stopping') world.turn({ crash: 'before-calls' })
    Object.assign(world.unit('api@1.service'), { homeless: true, ignoresCalls: true })
    const at = world.now
    expect(world.run().phase).toBe('failed')
    expect(world.now - at).toBeLessThan(90_000)
    expect(world.rollout.instances[0]?.note).toContain('was not replaced: its machine left the cluster')
  })
})
