import { describe, expect, it } from 'vitest'
import { scaleOf } from '../support/rollouts.ts'
import { World } from './world.ts'

const kinds = (world: World) => world.facts.map((fact) => fact.kind)
const calls = (world: World) => world.log.map((entry) => entry.what)
const stages = (world: World) => world.rollout.instances.map((one) => one.stage)
const bob = { by: { id: 'U2', name: 'bob' }, reason: null }
const others = ['api@1.service', 'api@2.service']
const sidekicks = ['api-elb@.service']

/** Turns until it holds. */
function until(world: World, reached: () => boolean): void {
  for (let turn = 0; turn < 500 && !reached(); turn++) world.turn()
  if (!reached()) throw new Error(JSON.stringify(world.rollout.instances, null, 1))
}

describe('a scale up', () => {
  it('starts what there was not, proves each before the next, and starts its sidekicks last', () => {
    const world = new World(scaleOf('add', { units: ['api@3.service', 'api@4.service'], others, sidekicks }))
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world)).toEqual([3, 4].flatMap((n) => [`start api@${n}.service`, `start api-elb@${n}.service`]))
    expect(stages(world)).toEqual(['done', 'done'])
    expect(kinds(world).filter((kind) => kind === 'healthy')).toHaveLength(2)
    expect(world.facts.at(-1)).toMatchObject({ kind: 'ended', reason: '2 of 2 added' })
  })

  it('goes on though an older instance is down, as it takes nobody away', () => {
    const world = new World(scaleOf('add', { units: ['api@3.service'], others }))
    world.unit('api@1.service').state = 'failed'
    expect(world.run().phase).toBe('succeeded')
  })

  it('starts no more at once than the batch says', () => {
    const units = [3, 4, 5, 6].map((n) => `api@${n}.service`)
    const world = new World(scaleOf('add', { units, others, atOnce: 2 }))
    until(world, () => world.rollout.instances.some((one) => one.stage === 'proving'))
    expect(calls(world)).toEqual(['start api@3.service', 'start api@4.service'])
    expect(world.run().phase).toBe('succeeded')
  })

  it.each(['starting', 'proving'] as const)(
    'leaves what runs when it is aborted, and takes back what was %s, until it is surely gone',
    (stage) => {
      const units = ['api@3.service', 'api@4.service', 'api@5.service']
      const world = new World(scaleOf('add', { units, others, sidekicks }))
      until(world, () => world.rollout.instances[1]?.stage === stage)
      world.abort = bob
      expect(world.run().phase).toBe('aborted')
      expect(stages(world)).toEqual(['done', 'kept', 'waiting'])
      expect(world.unit('api@3.service')).toMatchObject({ wanted: 'launched', state: 'running' })
      expect(world.unit('api@4.service')).toMatchObject({ wanted: 'absent', state: 'none' })
      expect(world.units.has('api@5.service')).toBe(false)
      expect(world.facts.find((fact) => fact.kind === 'removed')).toMatchObject({ unit: 'api@4.service' })
    },
  )

  it('takes back what a killed start made only after the abort', () => {
    const world = new World(scaleOf('add', { units: ['api@3.service'], others }))
    world.turn({ killed: 6000 })
    world.abort = bob
    expect(world.run().phase).toBe('aborted')
    expect(world.unit('api@3.service')).toMatchObject({ wanted: 'absent', state: 'none' })
  })

  it('leaves one that had proven itself, though its sidekicks were not up yet', () => {
    const world = new World(scaleOf('add', { units: ['api@3.service'], others, sidekicks }))
    until(world, () => world.rollout.instances[0]?.stage === 'attaching')
    world.abort = bob
    expect(world.run().phase).toBe('aborted')
    expect(stages(world)).toEqual(['done'])
    expect(world.unit('api-elb@3.service').state).toBe('running')
  })

  it('takes back one that no machine has room for by destroying it, since fleet refuses to stop it', () => {
    const world = new World(scaleOf('add', { units: ['api@3.service'], others }))
    until(world, () => world.units.has('api@3.service'))
    world.unit('api@3.service').homeless = true
    for (let turn = 0; turn < 10; turn++) world.turn()
    world.abort = bob
    expect(world.run().phase).toBe('aborted')
    expect(calls(world)).toEqual(['start api@3.service', 'destroy api@3.service'])
  })

  it('fails when a new one does not stay up, and touches no other', () => {
    const world = new World(scaleOf('add', { units: ['api@3.service', 'api@4.service'], others }))
    until(world, () => world.units.has('api@3.service'))
    world.unit('api@3.service').falls = 9
    expect(world.run().phase).toBe('failed')
    expect(stages(world)).toEqual(['failed', 'waiting'])
    expect(calls(world)).toEqual(['start', 'stop', 'start'].map((verb) => `${verb} api@3.service`))
  })

  it('does not take for its own what somebody else has started meanwhile', () => {
    const world = new World(scaleOf('add', { units: ['api@3.service'], others }))
    world.add('api@3.service')
    expect(world.run().phase).toBe('failed')
    expect(calls(world)).toEqual([])
    expect(world.rollout.ending).toMatchObject({ reason: expect.stringContaining('is there already') as unknown })
  })

  it.each(['before-calls', 'after-calls'] as const)('is taken up by another driver that dies %s', (crash) => {
    const world = new World(scaleOf('add', { units: ['api@3.service', 'api@4.service'], others, sidekicks }))
    for (let turn = 0; turn < 300 && world.rollout.phase === 'rolling'; turn++)
      world.turn(turn % 3 === 0 ? { crash } : {})
    expect(world.run().phase).toBe('succeeded')
    expect(world.unit('api-elb@4.service').state).toBe('running')
  })
})

describe('a scale down', () => {
  const units = ['api@4.service', 'api@3.service']

  it('stops the sidekicks, then the instance, sees it dead, destroys both and sees them gone', () => {
    const world = new World(scaleOf('remove', { units, others, sidekicks }))
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world)).toEqual(
      [4, 3].flatMap((n) => [
        `stop api-elb@${n}.service`,
        `stop api@${n}.service`,
        `destroy api-elb@${n}.service`,
        `destroy api@${n}.service`,
      ]),
    )
    expect(world.facts.at(-1)).toMatchObject({ kind: 'ended', reason: '2 of 2 removed' })
    expect(kinds(world).filter((kind) => kind === 'removed')).toHaveLength(2)
  })

  it('takes no more away at once than the batch allows, counting those that stay and are down', () => {
    const world = new World(scaleOf('remove', { units, others }))
    world.unit('api@1.service').state = 'failed'
    for (let turn = 0; turn < 40; turn++) world.turn()
    expect(calls(world)).toEqual([])
    world.unit('api@1.service').state = 'running'
    let most = 0
    while (world.rollout.phase === 'rolling') {
      world.turn()
      const gone = new Set(world.rollout.instances.flatMap((one) => (one.stage === 'done' ? [one.unit] : [])))
      most = Math.max(most, world.away().filter((unit) => !gone.has(unit)).length)
    }
    expect(world.rollout.phase).toBe('succeeded')
    expect(most).toBe(1)
  })

  it.each(['detaching', 'stopping'] as const)('brings back what was %s when it is aborted', (stage) => {
    const world = new World(scaleOf('remove', { units, others, sidekicks }))
    until(world, () => world.rollout.instances[0]?.stage === stage)
    world.abort = bob
    expect(world.run().phase).toBe('aborted')
    expect(stages(world)).toEqual(['kept', 'waiting'])
    for (const unit of ['api@4.service', 'api-elb@4.service', 'api@3.service']) {
      expect(world.unit(unit)).toMatchObject({ wanted: 'launched', state: 'running' })
    }
    expect(calls(world).filter((call) => call.startsWith('destroy'))).toEqual([])
  })

  it('ends the one that is being destroyed when it is aborted, and begins no other', () => {
    const world = new World(scaleOf('remove', { units, others, sidekicks }))
    until(world, () => world.rollout.instances[0]?.stage === 'removing')
    world.abort = bob
    expect(world.run().phase).toBe('aborted')
    expect(stages(world)).toEqual(['done', 'waiting'])
    expect(world.unit('api-elb@4.service').state).toBe('none')
    expect(world.unit('api@3.service').state).toBe('running')
  })

  it('destroys one that no machine has without stopping it', () => {
    const world = new World(scaleOf('remove', { units: ['api@3.service'], others }))
    world.unit('api@3.service').homeless = true
    world.turn()
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world)).toContain('destroy api@3.service')
    expect(world.unit('api@3.service').wanted).toBe('absent')
  })

  it('destroys again what is still wanted', () => {
    const world = new World(scaleOf('remove', { units: ['api@3.service'], others }))
    until(world, () => world.rollout.instances[0]?.stage === 'stopping')
    until(world, () => world.unit('api@3.service').state === 'dead')
    world.unit('api@3.service').ignoresCalls = true
    until(world, () => calls(world).filter((call) => call.startsWith('destroy')).length > 1)
    world.unit('api@3.service').ignoresCalls = false
    expect(world.run().phase).toBe('succeeded')
  })

  it.each(['before-calls', 'after-calls'] as const)('is taken up by another driver that dies %s', (crash) => {
    const world = new World(scaleOf('remove', { units, others, sidekicks }))
    for (let turn = 0; turn < 300 && world.rollout.phase === 'rolling'; turn++)
      world.turn(turn % 4 === 0 ? { crash } : {})
    expect(world.run().phase).toBe('succeeded')
    expect(world.unit('api@3.service').state).toBe('none')
  })

  it('paused, it rests with nothing half removed and counts what is gone as nobody away', () => {
    const world = new World(scaleOf('remove', { units, others }))
    until(world, () => world.rollout.instances[0]?.stage === 'stopping')
    world.pause = { kind: 'pause', by: bob.by, reason: null, at: 1 }
    until(world, () => world.rollout.phase === 'paused')
    expect(stages(world)).toEqual(['done', 'waiting'])
    expect(world.facts.at(-1)).toMatchObject({ kind: 'paused', replaced: 1, of: 2, away: [] })
  })
})

describe('an abort of a scale, whenever it comes and whatever is lost with it', () => {
  /** What is half-way in the end: neither whole with its sidekick, nor gone with it; and whoever was touched beside it. */
  function halfWay(world: World): readonly string[] {
    const { phase, instances } = world.run()
    const torn = instances.flatMap(({ unit, sidekicks: mine }) => {
      const states = [unit, ...mine].map((one) => (world.units.has(one) ? world.unit(one).state : 'none'))
      const whole = ['running', 'none'].some((state) => states.every((one) => one === state))
      return whole ? [] : [`${unit}: ${states.join(', ')}`]
    })
    const touched = others.filter((unit) => world.unit(unit).process !== 1 || world.unit(unit).state !== 'running')
    return [...(phase === 'aborted' || phase === 'succeeded' ? [] : [phase]), ...torn, ...touched]
  }

  const turns = [
    ['nothing', {}],
    ['a driver before its calls', { crash: 'before-calls' }],
    ['a driver after its calls', { crash: 'after-calls' }],
    ['a call that is heard late', { killed: 6000 }],
  ] as const

  it.each(turns)('up, with %s: leaves nothing half started', (_, options) => {
    for (let at = 0; at < 60; at++) {
      const world = new World(scaleOf('add', { units: ['api@3.service', 'api@4.service'], others, sidekicks }))
      for (let turn = 0; turn < at; turn++) world.turn()
      world.turn(options)
      world.abort = bob
      expect([at, ...halfWay(world)]).toEqual([at])
    }
  })

  it.each(turns)('down, with %s: leaves nothing half removed', (_, options) => {
    for (let at = 0; at < 60; at++) {
      const world = new World(scaleOf('remove', { units: ['api@4.service', 'api@3.service'], others, sidekicks }))
      for (let turn = 0; turn < at; turn++) world.turn()
      world.turn(options)
      world.abort = bob
      expect([at, ...halfWay(world)]).toEqual([at])
    }
  })
})
