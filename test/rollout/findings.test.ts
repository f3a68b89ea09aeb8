import { describe, expect, it } from 'vitest'
import { planOf } from '../support/rollouts.ts'
import { gate, World } from './world.ts'

/** What a review found wrong once: each by its scenario. */

const calls = (world: World) => world.log.map((entry) => entry.what)
/** Turns until it is so; never for ever. */
function until(world: World, so: () => boolean): void {
  for (let turn = 0; turn < 2000; turn++) {
    if (so()) return
    world.turn()
  }
  throw new Error('it never came to that')
}

const two = { units: ['api@1.service', 'api@2.service'] }

describe('an instance whose health nobody has asked yet', () => {
  it('is not taken for down: it is not stopped while another one is away', () => {
    const world = new World(planOf({ ...two, gate }))
    until(world, () => world.rollout.instances[0]?.stage === 'proving')
    world.holds = ['held for the test']
    until(world, () => world.rollout.instances[0]?.stage === 'done')
    world.unit('api@1.service').state = 'starting'
    world.blind = true
    world.restart()
    world.holds = []
    const before = world.log.length
    for (let turn = 0; turn < 10; turn++) world.turn()
    expect(world.log.slice(before)).toEqual([])
  })

  it('is not taken for down after one lost answer either', () => {
    const world = new World(planOf({ ...two, gate }))
    until(world, () => world.rollout.instances[0]?.stage === 'proving')
    world.holds = ['held for the test']
    until(world, () => world.rollout.instances[0]?.stage === 'done')
    const one = world.unit('api@1.service')
    one.state = 'starting'
    world.unit('api@2.service').healthy = false
    world.holds = []
    const before = world.log.length
    world.turn()
    world.unit('api@2.service').healthy = true
    for (let turn = 0; turn < 5; turn++) world.turn()
    expect(world.log.slice(before)).toEqual([])
  })
})

describe('an instance that does not stop in time', () => {
  it('is started again once it has stopped, although the rollout has failed', () => {
    const world = new World(planOf())
    world.stopMs = 150_000
    expect(world.run().phase).toBe('failed')
    expect(calls(world)).toContain('start api@1.service')
    expect(world.unit('api@1.service').wanted).toBe('launched')
  })

  it('is told to start as a last word when even that takes too long', () => {
    const world = new World(planOf())
    world.stopMs = Number.MAX_SAFE_INTEGER
    expect(world.run().phase).toBe('failed')
    expect(calls(world).at(-1)).toBe('start api@1.service')
    expect(world.unit('api@1.service').wanted).toBe('launched')
  })
})

describe('an instance whose machine is lost before it stopped', () => {
  it('is told as that, and not by what fleetctl says of a unit without a machine', () => {
    const world = new World(planOf())
    world.turn()
    expect(world.rollout.instances[0]?.stage).toBe('stopping')
    Object.assign(world.unit('api@1.service'), { wanted: 'launched', homeless: true, ignoresCalls: true })
    for (let turn = 0; turn < 4; turn++) world.turn()
    const note = 'has lost its machine, and no other has room for it: fleet can neither stop nor start it'
    expect(world.rollout.instances[0]?.note).toBe(note)
    expect(world.run().ending).toMatchObject({
      kind: 'failed',
      reason: `no instance became healthy for 2m: api@1.service ${note}`,
    })
    expect(calls(world).filter((what) => !what.endsWith('api@1.service'))).toEqual([])
  })
})

describe('a stop that its fleetd missed, because it was killed before it acted on it', () => {
  it.each(['api@1.service', 'api-elb@1.service'])(
    'is asked for anew by a start that is taken, then a stop: %s',
    (unit) => {
      const world = new World(planOf({ ...two, sidekicks: ['api-elb@.service'] }))
      world.unit(unit).missesStop = true
      expect(world.run().phase).toBe('succeeded')
      expect(world.log.filter(({ what }) => what.endsWith(` ${unit}`)).map(({ what }) => what)).toEqual([
        `stop ${unit}`,
        `start ${unit}`,
        `stop ${unit}`,
        `start ${unit}`,
      ])
      const [first, second, third] = world.log.filter(({ what }) => what.endsWith(` ${unit}`))
      expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(30_000)
      expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(world.startMs)
    },
  )

  it('leaves the instance as it was when the rollout is aborted meanwhile', () => {
    const world = new World(planOf())
    world.unit('api@1.service').missesStop = true
    until(world, () => world.now >= 1_020_000)
    world.abort = { by: { id: 'U1', name: 'ann' }, reason: null }
    expect(world.run().phase).toBe('aborted')
    expect(world.rollout.instances[0]?.stage).toBe('kept')
    expect(world.unit('api@1.service')).toMatchObject({ wanted: 'launched', state: 'running', process: 1 })
  })
})

describe('once a rollout can only fail', () => {
  it('an instance whose sidekicks are stopping is not stopped any more', () => {
    const world = new World(planOf({ ...two, atOnce: 2, sidekicks: ['api-elb@.service'] }))
    world.unit('api-elb@2.service').ignoresCalls = true
    world.unit('api@1.service').falls = 9
    until(world, () => world.rollout.ending !== null)
    world.unit('api-elb@2.service').ignoresCalls = false
    expect(world.rollout.instances[1]?.stage).toBe('detaching')
    world.run()
    expect(calls(world)).not.toContain('stop api@2.service')
    expect(world.rollout.instances[1]?.stage).toBe('kept')
    expect(world.unit('api-elb@2.service').state).toBe('running')
  })
})

describe('an instance that goes down while its sidekicks come up', () => {
  it('is started once more, and proves itself again', () => {
    const world = new World(planOf({ units: ['api@1.service'], sidekicks: ['api-elb@.service'] }))
    until(world, () => world.rollout.instances[0]?.stage === 'attaching')
    world.unit('api@1.service').state = 'failed'
    expect(world.run().phase).toBe('succeeded')
    expect(world.facts.filter((fact) => fact.kind === 'healthy')).toHaveLength(2)
  })
})

describe('a rollout that waits for one that went down again at the end', () => {
  it('says which, in the record that people see', () => {
    const world = new World(planOf(two))
    until(world, () => world.rollout.instances[1]?.stage === 'proving')
    // fleet withdraws the row of what it stops itself.
    world.unit('api@1.service').hidden = 2
    for (let turn = 0; turn < 2; turn++) world.turn()
    world.unit('api@1.service').state = 'starting'
    for (let turn = 0; turn < 30; turn++) world.turn()
    expect(world.rollout.instances[0]?.note).toContain('is down again')
  })
})

describe('the count of what was done', () => {
  it('has no instance in it that was only stopped', () => {
    const world = new World(planOf())
    world.unit('api@1.service').falls = 9
    world.run()
    const ended = world.facts.find((fact) => fact.kind === 'ended')
    expect(world.rollout.instances[0]?.replaced).toBe(true)
    expect(ended?.reason).not.toContain('1 of 3')
  })
})

describe('a list that lacks an instance once', () => {
  it('does not fail the rollout with the word that somebody stopped it', () => {
    const world = new World(planOf())
    world.unit('api@1.service').wished = 'absent'
    world.turn()
    world.unit('api@1.service').wished = null
    expect(world.run().phase).toBe('succeeded')
  })
})

describe('a lock that changes hands while it holds a rollout', () => {
  it('is told anew, with the new reason', () => {
    const world = new World(planOf())
    world.holds = ['api is locked by bob: one']
    world.turn()
    world.holds = ['api is locked by eve: two']
    world.turn()
    expect(world.facts.filter((fact) => fact.kind === 'held').map((fact) => fact.reason)).toEqual([
      'api is locked by bob: one',
      'api is locked by eve: two',
    ])
  })
})
