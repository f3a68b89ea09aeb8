import { describe, expect, it } from 'vitest'
import { planOf } from '../support/rollouts.ts'
import { gate, World } from './world.ts'

const kinds = (world: World) => world.facts.map((fact) => fact.kind)
const calls = (world: World) => world.log.map((entry) => entry.what)

describe('a rollout that goes well', () => {
  it('stops, sees dead, starts, sees running and steady, one instance after the other', () => {
    const world = new World(planOf())
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world)).toEqual([1, 2, 3].flatMap((n) => [`stop api@${n}.service`, `start api@${n}.service`]))
    expect(world.rollout.instances.every((one) => one.replaced)).toBe(true)
    expect(kinds(world).filter((kind) => kind === 'ended')).toHaveLength(1)
    expect(kinds(world).filter((kind) => kind === 'batch-began')).toHaveLength(3)
    expect(kinds(world).filter((kind) => kind === 'batch-done')).toHaveLength(3)
  })

  it('never starts an instance before it was seen dead twice running', () => {
    const world = new World(planOf({ units: ['api@1.service'] }))
    world.stopMs = 10_000
    world.run()
    const [stop, start] = world.log
    expect((start?.at ?? 0) - (stop?.at ?? 0)).toBeGreaterThanOrEqual(10_500)
  })

  it('takes no more away than the batch allows', () => {
    const world = new World(planOf({ atOnce: 2, units: [1, 2, 3, 4, 5].map((n) => `api@${n}.service`) }))
    let most = 0
    while (world.rollout.phase === 'rolling') {
      world.turn()
      most = Math.max(most, world.away().length)
    }
    expect(world.rollout.phase).toBe('succeeded')
    expect(most).toBe(2)
  })

  it('takes sidekicks down first and brings them up last', () => {
    const world = new World(planOf({ units: ['api@1.service'], sidekicks: ['api-elb@.service', 'api-say@.service'] }))
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world)).toEqual([
      'stop api-elb@1.service',
      'stop api-say@1.service',
      'stop api@1.service',
      'start api@1.service',
      'start api-elb@1.service',
      'start api-say@1.service',
    ])
  })

  it.each([
    // A new row says that a unit is down until its machine has acted on the wish: measured with fleet 1.0.0.
    ['only shows late that it was told to start', 'succeeded', { lag: 8000, hidden: 3 }],
    ['fails', 'failed', { lag: 0, falls: 9 }],
  ] as const)('a sidekick that %s: %s', (_, phase, change) => {
    const world = new World(planOf({ units: ['api@1.service'], sidekicks: ['api-elb@.service'] }))
    while (world.rollout.instances[0]?.stage !== 'attaching') world.turn()
    Object.assign(world.unit('api-elb@1.service'), change)
    expect(world.run().phase).toBe(phase)
  })

  it('records when the new process was seen running, which is after it was seen stopped', () => {
    const world = new World(planOf({ units: ['api@1.service'], settleMs: 20_000 }))
    world.stopMs = 10_000
    world.run()
    const [one] = world.rollout.instances
    const proving = world.facts.findIndex((fact) => fact.kind === 'stage' && fact.stage === 'proving')
    expect(proving).toBeGreaterThan(0)
    expect((one?.upAt ?? 0) - (one?.startedAt ?? 0)).toBeGreaterThanOrEqual(10_500)
    expect((one?.finishedAt ?? 0) - (one?.upAt ?? 0)).toBeGreaterThanOrEqual(20_000)
  })

  it('waits out the settle time', () => {
    const world = new World(planOf({ units: ['api@1.service'], settleMs: 20_000 }))
    world.run()
    const healthy = world.decisions.findIndex((one) => one.facts.some((fact) => fact.kind === 'healthy'))
    const proving = world.decisions.findIndex((one) =>
      one.facts.some((fact) => fact.kind === 'stage' && fact.stage === 'proving'),
    )
    expect((healthy - proving) * 500).toBeGreaterThanOrEqual(19_500)
  })
})

describe('a rollout that meets trouble', () => {
  it('does not begin another instance while one that it does not roll is down', () => {
    const world = new World(planOf({ units: ['api@1.service', 'api@2.service'], others: ['api@3.service'] }))
    world.unit('api@3.service').state = 'failed'
    for (let turn = 0; turn < 60; turn++) world.turn()
    expect(calls(world)).toEqual([])
    expect(world.rollout.instances[0]?.note).toContain('api@3.service is away')
  })

  it('counts instances of the target that are not part of the plan', () => {
    const world = new World(planOf({ units: ['api@1.service'], others: ['api@2.service'] }))
    world.unit('api@2.service').state = 'dead'
    world.unit('api@2.service').lag = 20_000
    for (let turn = 0; turn < 20; turn++) world.turn()
    expect(calls(world)).toEqual([])
    expect(world.run().phase).toBe('succeeded')
  })

  it('starts a failed instance once more, by stopping it first, since start on a failed unit does nothing', () => {
    const world = new World(planOf({ units: ['api@1.service'] }))
    world.unit('api@1.service').falls = 1
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world)).toEqual(['stop', 'start', 'stop', 'start'].map((verb) => `${verb} api@1.service`))
  })

  it('fails after the second fall, tells which instance, and leaves the rest untouched', () => {
    const world = new World(planOf())
    world.unit('api@1.service').falls = 5
    expect(world.run().phase).toBe('failed')
    expect(world.rollout.ending).toMatchObject({ kind: 'failed', unit: 'api@1.service' })
    expect(world.rollout.instances.map((one) => one.stage)).toEqual(['failed', 'waiting', 'waiting'])
  })

  it('brings the rest of the batch back up when one of it fails', () => {
    const world = new World(planOf({ atOnce: 2 }))
    world.unit('api@1.service').falls = 5
    expect(world.run().phase).toBe('failed')
    expect(world.rollout.instances.map((one) => one.stage)).toEqual(['failed', 'done', 'waiting'])
    expect(world.unit('api@2.service').state).toBe('running')
  })

  it('fails at the progress deadline when the health gate never passes, and says why', () => {
    const world = new World(planOf({ gate }))
    world.startMs = 3000
    while (world.rollout.instances[0]?.stage === 'waiting') world.turn()
    world.unit('api@1.service').healthy = false
    expect(world.run().phase).toBe('failed')
    expect(world.rollout.ending).toMatchObject({ reason: expect.stringContaining('HTTP 503') as unknown })
    expect(world.now - 1_000_000).toBeLessThan(300_000)
  })

  it('is not fooled by a crash loop that passes through running', () => {
    const world = new World(planOf({ units: ['api@1.service'], settleMs: 5000 }))
    let turns = 0
    while (world.rollout.phase === 'rolling' && turns++ < 1000) {
      world.turn()
      const one = world.unit('api@1.service')
      if (one.wanted === 'launched' && one.lag === 0 && one.process > 1) {
        one.state = turns % 2 === 0 ? 'running' : 'auto-restart'
        if (one.state === 'running') one.process++
      }
    }
    expect(world.rollout.phase).toBe('failed')
    expect(world.rollout.instances[0]?.note).toContain('crash loop')
  })

  it('never takes a missing row for a stopped unit', () => {
    const world = new World(planOf({ units: ['api@1.service'] }))
    world.turn()
    world.unit('api@1.service').hidden = 40
    for (let turn = 0; turn < 38; turn++) world.turn()
    expect(calls(world)).toEqual(['stop api@1.service'])
    expect(world.run().phase).toBe('succeeded')
  })

  it('does nothing while fleet is silent, tells it once, and goes on afterwards', () => {
    const world = new World(planOf())
    world.turn()
    world.silentUntil = world.now + 60_000
    const before = world.log.length
    while (world.now < world.silentUntil) world.turn()
    expect(world.log.length).toBe(before)
    expect(kinds(world).filter((kind) => kind === 'held')).toHaveLength(1)
    expect(world.run().phase).toBe('succeeded')
    expect(kinds(world).filter((kind) => kind === 'going-on')).toHaveLength(1)
  })

  it('fails with the reason when fleet stays silent past the deadline', () => {
    const world = new World(planOf())
    world.turn()
    world.silentUntil = Number.MAX_SAFE_INTEGER
    expect(world.run().phase).toBe('failed')
    expect(world.rollout.ending).toMatchObject({ reason: expect.stringContaining('does not answer') as unknown })
  })

  it('asks again when a wish was not taken, however well the call ended', () => {
    const world = new World(planOf({ units: ['api@1.service'] }))
    world.unit('api@1.service').ignoresCalls = true
    for (let turn = 0; turn < 20; turn++) world.turn()
    world.unit('api@1.service').ignoresCalls = false
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world).filter((what) => what.startsWith('stop')).length).toBeGreaterThan(1)
  })

  it('starts again what somebody else, or a late call, stopped while it was being proven', () => {
    const world = new World(planOf({ units: ['api@1.service'], settleMs: 20_000 }))
    while (world.rollout.instances[0]?.stage !== 'proving') world.turn()
    world.call({ verb: 'stop', unit: 'api@1.service' })
    expect(world.run().phase).toBe('succeeded')
  })

  it('does not start what somebody stopped before its turn: it says so', () => {
    const world = new World(planOf())
    world.unit('api@2.service').wanted = 'loaded'
    world.unit('api@2.service').state = 'dead'
    world.run()
    expect(world.rollout.phase).toBe('failed')
    expect(calls(world)).not.toContain('start api@2.service')
  })

  it('does not end while an instance that was replaced has gone down again', () => {
    const world = new World(planOf({ units: ['api@1.service', 'api@2.service'] }))
    while (world.rollout.instances[1]?.stage !== 'proving') world.turn()
    // fleet withdraws the row of what it stops itself.
    world.unit('api@1.service').hidden = 2
    for (let turn = 0; turn < 2; turn++) world.turn()
    world.unit('api@1.service').state = 'starting'
    for (let turn = 0; turn < 30; turn++) world.turn()
    expect(world.rollout.phase).toBe('rolling')
    world.unit('api@1.service').state = 'running'
    expect(world.run().phase).toBe('succeeded')
  })

  it('gives up at the deadline when a unit cannot be stopped', () => {
    const world = new World(planOf())
    world.stopMs = Number.MAX_SAFE_INTEGER
    expect(world.run().phase).toBe('failed')
    expect(world.rollout.ending).toMatchObject({ reason: expect.stringContaining('waits for it to stop') as unknown })
  })
})

describe('a fleetd that is restarted in order while an instance proves itself', () => {
  it('is no fall of the instance, however often: fleet starts it again by itself', () => {
    const world = new World(planOf({ units: ['api@1.service'], settleMs: 20_000 }))
    for (let restarts = 0; restarts < 2; restarts++) {
      while (world.rollout.instances[0]?.stage !== 'proving') world.turn()
      const unit = world.unit('api@1.service')
      unit.state = 'dead'
      unit.lag = 3000
      for (let turn = 0; turn < 8; turn++) world.turn()
    }
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world)).toEqual(['stop api@1.service', 'start api@1.service'])
  })

  it('is a fall when fleet does not start it again', () => {
    const world = new World(planOf({ units: ['api@1.service'] }))
    while (world.rollout.instances[0]?.stage !== 'proving') world.turn()
    const unit = world.unit('api@1.service')
    unit.state = 'dead'
    unit.lag = 60_000
    for (let turn = 0; turn < 30; turn++) world.turn()
    expect(calls(world).slice(0, 3)).toEqual(['stop api@1.service', 'start api@1.service', 'stop api@1.service'])
  })
})

describe('people', () => {
  const by = { id: 'U2', name: 'bob' }

  it('an abort begins nothing new and gives back what was stopped', () => {
    const world = new World(planOf())
    while (world.rollout.instances[0]?.stage !== 'stopping') world.turn()
    world.abort = { by, reason: null }
    expect(world.run().phase).toBe('aborted')
    expect(world.away()).toEqual([])
    expect(calls(world)).not.toContain('stop api@2.service')
    expect(kinds(world).filter((kind) => kind === 'abort-asked')).toHaveLength(1)
  })

  it.each(['detaching', 'stopping', 'starting', 'proving', 'attaching'] as const)(
    'an abort in the stage %s leaves every unit running, sidekicks too',
    (stage) => {
      const world = new World(planOf({ sidekicks: ['api-elb@.service'], gate }))
      while (world.rollout.instances[0]?.stage !== stage) world.turn()
      world.abort = { by, reason: null }
      expect(world.run().phase).toBe('aborted')
      expect([...world.units].filter(([, one]) => one.state !== 'running')).toEqual([])
    },
  )

  it.each([
    ['an abort', 'api@1.service', []],
    ['an abort', 'api-elb@1.service', ['api-elb@.service']],
    ['a failure', 'api@1.service', []],
  ])('%s does not end before a stop of %s that was killed is surely not heard any more', (how, late, sidekicks) => {
    const world = new World(planOf({ atOnce: 2, gate, sidekicks }))
    // The call is killed at its limit; a frozen fleetd holds it, and takes it when it goes on.
    world.unit(late).ignoresCalls = true
    while (world.rollout.instances[0]?.stage !== (sidekicks.length > 0 ? 'detaching' : 'stopping')) world.turn()
    if (how === 'an abort') world.abort = { by, reason: null }
    else {
      world.rollout = { ...world.rollout, ending: { kind: 'failed', reason: 'api@2 failed', unit: 'api@2.service' } }
    }
    for (let turn = 0; turn < 8; turn++) world.turn()
    expect(world.rollout.phase).toBe('rolling')
    const unit = world.unit(late)
    unit.ignoresCalls = false
    unit.wanted = 'loaded'
    unit.lag = world.stopMs
    expect(world.run().phase).toBe(how === 'an abort' ? 'aborted' : 'failed')
    expect([...world.units].filter(([, one]) => one.state !== 'running')).toEqual([])
    expect(world.rollout.instances.map((one) => one.stage)).not.toContain('failed')
  })

  it('an abort before anything began changes nothing at all', () => {
    const world = new World(planOf())
    world.abort = { by, reason: 'wrong tier' }
    expect(world.run().phase).toBe('aborted')
    expect(calls(world)).toEqual([])
  })

  it.each([
    ['its sidekicks', ['api-elb@.service']],
    ['itself', []],
  ])('looks again who is away before it stops %s for a step whose calls were never made', (_, sidekicks) => {
    const world = new World(planOf({ units: ['api@1.service', 'api@2.service'], sidekicks }))
    while (world.rollout.instances[0]?.stage === 'waiting') world.turn({ crash: 'before-calls' })
    const other = world.unit('api@2.service')
    other.state = 'failed'
    for (let turn = 0; turn < 60; turn++) world.turn()
    expect(calls(world)).toEqual([])
    expect(world.rollout.instances[0]?.note).toContain('api@2.service is away')
    other.state = 'running'
    expect(world.run().phase).toBe('succeeded')
  })

  it('a lock of somebody else holds it before the next instance, and does not eat up the deadline', () => {
    const world = new World(planOf())
    while (world.rollout.batch === 0) world.turn()
    world.holds = ['all of production is locked by bob: incident']
    const before = world.rollout.instances.filter((one) => one.stage === 'waiting').length
    for (let turn = 0; turn < 1000; turn++) world.turn()
    expect(world.rollout.phase).toBe('rolling')
    expect(world.rollout.instances.filter((one) => one.stage === 'waiting').length).toBeGreaterThanOrEqual(before - 1)
    expect(kinds(world).filter((kind) => kind === 'held')).toHaveLength(1)
    world.holds = []
    expect(world.run().phase).toBe('succeeded')
  })
})

describe('a pause', () => {
  const bob = { id: 'U2', name: 'bob' }
  const pause = { kind: 'pause' as const, by: bob, reason: 'graphs', at: 1 }
  const told = (world: World) =>
    world.facts.filter((fact) => ['pause-asked', 'paused', 'resumed', 'held', 'going-on'].includes(fact.kind))

  it('lets the one under way end, then rests for as long as it takes, and goes on where it was', () => {
    const world = new World(planOf())
    while (!world.rollout.instances.some((one) => one.stage === 'stopping')) world.turn()
    world.pause = pause
    world.turn()
    expect(world.rollout).toMatchObject({ phase: 'rolling', pause })
    expect(told(world)).toEqual([
      { kind: 'pause-asked', tier: false, by: bob, reason: 'graphs', moving: ['api@1.service'] },
    ])
    for (let turn = 0; turn < 2000; turn++) world.turn()
    expect(world.rollout.phase).toBe('paused')
    expect(world.rollout.instances.map((one) => one.stage)).toEqual(['done', 'waiting', 'waiting'])
    expect(told(world).slice(1)).toEqual([
      { kind: 'paused', tier: false, by: bob, reason: 'graphs', replaced: 1, of: 3, away: [] },
    ])
    world.pause = null
    world.resumed = { by: bob, reason: null }
    world.turn()
    expect(world.rollout).toMatchObject({ phase: 'rolling', pause: null })
    expect(told(world).slice(2)).toEqual([{ kind: 'resumed', tier: false, by: bob, reason: null, replaced: 1, of: 3 }])
    expect(world.run().phase).toBe('succeeded')
  })

  it('before anything began rests at once, and says what is away all the same', () => {
    const world = new World(planOf())
    Object.assign(world.unit('api@3.service'), { state: 'dead', wanted: 'loaded' })
    world.pause = pause
    world.turn()
    expect(calls(world)).toEqual([])
    expect(world.rollout.phase).toBe('paused')
    expect(told(world)).toMatchObject([
      { kind: 'pause-asked', moving: [] },
      { kind: 'paused', replaced: 0, away: ['api@3.service'] },
    ])
  })

  it('holds though the fleet is silent, and fails neither by that nor by its deadline', () => {
    const world = new World(planOf())
    world.silentUntil = world.now + 10_000_000
    world.pause = pause
    for (let turn = 0; turn < 2000; turn++) world.turn()
    expect(world.rollout.phase).toBe('paused')
    expect(told(world)).toMatchObject([{ kind: 'pause-asked' }, { kind: 'paused', away: null }])
  })

  it('does not keep the last instances from ending it: there is nothing left to hold', () => {
    const world = new World(planOf({ units: ['api@1.service'] }))
    while (!world.rollout.instances.some((one) => one.stage === 'starting')) world.turn()
    world.pause = pause
    expect(world.run().phase).toBe('succeeded')
  })

  it('of one person after that of another is told as the other one', () => {
    const world = new World(planOf())
    world.pause = pause
    world.turn()
    world.pause = { kind: 'pause', by: { id: 'U3', name: 'eve' }, reason: null, at: 2 }
    world.turn()
    expect(told(world).slice(2)).toMatchObject([
      { kind: 'pause-asked', by: { id: 'U3' } },
      { kind: 'paused', by: { id: 'U3' } },
    ])
  })

  it('of itself outlasts that of its tier, and the other way round', () => {
    const world = new World(planOf())
    const stop = { kind: 'stop' as const, by: bob, reason: 'down', at: 5 }
    world.pause = stop
    world.turn()
    expect(told(world)).toMatchObject([
      { kind: 'pause-asked', tier: true },
      { kind: 'paused', tier: true },
    ])
    world.pause = pause
    world.turn()
    world.pause = stop
    world.turn()
    expect(world.rollout).toMatchObject({ phase: 'paused', pause: stop })
    world.pause = null
    world.resumed = { by: bob, reason: null }
    world.turn()
    expect(told(world).at(-1)).toMatchObject({ kind: 'resumed', tier: true, by: bob })
    expect(world.run().phase).toBe('succeeded')
  })

  it('gives way to an abort, which ends it without a call', () => {
    const world = new World(planOf())
    world.pause = pause
    world.turn()
    world.abort = { by: bob, reason: null }
    expect(world.run()).toMatchObject({ phase: 'aborted', pause: null })
    expect(calls(world)).toEqual([])
  })

  it('stops no failure from being told', () => {
    const world = new World(planOf())
    world.unit('api@1.service').falls = 5
    while (!world.rollout.instances.some((one) => one.stage === 'starting')) world.turn()
    world.pause = pause
    expect(world.run()).toMatchObject({ phase: 'failed', pause: null })
  })

  it('outlives a lock that comes and goes, and the lock outlives it', () => {
    const world = new World(planOf())
    world.pause = pause
    world.turn()
    world.holds = ['all of production is locked by eve: incident']
    world.turn()
    world.pause = null
    world.turn()
    expect(world.rollout).toMatchObject({ phase: 'rolling', held: { by: 'lock' } })
    for (let turn = 0; turn < 1000; turn++) world.turn()
    expect(calls(world)).toEqual([])
    world.holds = []
    expect(world.run().phase).toBe('succeeded')
  })
})

describe('an instance whose turn it is and that no machine reports', () => {
  it('is not taken for down while another one is away: it may well serve', () => {
    const world = new World(planOf({ units: ['api@1.service', 'api@2.service'] }))
    world.unit('api@2.service').state = 'starting'
    world.unit('api@1.service').hidden = 10
    for (let turn = 0; turn < 8; turn++) world.turn()
    expect(calls(world)).toEqual([])
  })
})

describe('a rollout that somebody takes', () => {
  const eve = { id: 'U3', name: 'eve' }
  const taken = (world: World) => world.facts.filter((fact) => fact.kind === 'taken')

  it('is that person’s from then on, told once, and goes on all the same', () => {
    const world = new World(planOf())
    world.turn()
    world.take = { by: eve, reason: 'lunch' }
    expect(world.run()).toMatchObject({ phase: 'succeeded', takenBy: eve, requestedBy: { id: 'U1' } })
    expect(taken(world)).toEqual([
      { kind: 'taken', by: eve, from: { id: 'U1', name: 'ann' }, reason: 'lunch', replaced: 0, of: 3 },
    ])
  })

  it('may be taken back', () => {
    const world = new World(planOf())
    world.take = { by: eve, reason: null }
    world.turn()
    world.take = { by: { id: 'U1', name: 'ann' }, reason: null }
    world.turn()
    expect(taken(world)).toMatchObject([{ from: { id: 'U1' } }, { by: { id: 'U1' }, from: eve }])
  })
})
