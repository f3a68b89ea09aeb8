import { describe, expect, it } from 'vitest'
import { firstFailureText } from '../../src/domain/failure-text.ts'
import type { Fact } from '../../src/domain/event.ts'
import { lineOf } from '../../src/narrator/lines.ts'
import { rootMessage } from '../../src/narrator/board.ts'
import { planOf, scaleOf } from '../support/rollouts.ts'
import { gate, World } from './world.ts'

const one = ['api@1.service'] as const
const api1 = 'api@1.service'

const stuckIn = (world: World) => world.facts.filter((fact) => fact.kind === 'stuck')

function turnsFor(world: World, ms: number): void {
  for (const until = world.now + ms; world.now < until;) world.turn()
}

const said = (world: World, fact: Fact | undefined): string =>
  fact === undefined ? '' : (lineOf({ rollout: 1, seq: 2, at: world.now, fact }, world.rollout) ?? '')

describe('a rollout without progress', () => {
  it('says so once, with what it waits for, since when, what becomes of it and what to type', () => {
    const world = new World(planOf({ units: one, gate, progressDeadlineMs: 300_000 }))
    const began = world.now
    world.unit(api1).healthy = false
    turnsFor(world, 59_000)
    expect(stuckIn(world)).toEqual([])
    turnsFor(world, 200_000)
    expect(stuckIn(world)).toEqual([
      {
        kind: 'stuck',
        unit: api1,
        reason: 'runs, but does not pass its health gate: HTTP 503',
        since: began,
        forMs: 60_000,
        leftMs: 240_000,
        moving: true,
        ending: null,
      },
    ])
    expect(said(world, stuckIn(world)[0])).toBe(
      [
        'Stuck for 1m, since 00:16:40 UTC: api@1 runs, but does not pass its health gate: HTTP 503.',
        'Without a newly healthy instance it fails in 4m. Meanwhile `@opsee status api production` shows what runs, `@opsee show 1` shows every step and `@opsee abort 1` ends it and brings back up what is under way.',
      ].join('\n'),
    )
    expect(JSON.stringify(rootMessage(world.rollout))).toContain('Stuck since 00:16:40 UTC')
  })

  it('does not say it again when another process takes it over', () => {
    const world = new World(planOf({ units: one, gate, progressDeadlineMs: 600_000 }))
    world.unit(api1).healthy = false
    turnsFor(world, 70_000)
    for (let takeover = 0; takeover < 5; takeover++) {
      world.restart()
      turnsFor(world, 70_000)
    }
    expect(stuckIn(world)).toHaveLength(1)
  })

  it('of a scale down comes on when an instance is gone, and says the next standstill too', () => {
    const units = ['api@3.service', 'api@2.service'] as const
    const world = new World(scaleOf('remove', { units, progressDeadlineMs: 600_000 }))
    for (const unit of units) world.unit(unit).ignoresCalls = true
    for (const [index, unit] of units.entries()) {
      turnsFor(world, 90_000)
      expect(stuckIn(world)).toHaveLength(index + 1)
      expect(world.rollout.stuck).not.toBeNull()
      world.unit(unit).ignoresCalls = false
      turnsFor(world, 20_000)
      expect(world.rollout.stuck).toBeNull()
    }
    expect(world.rollout.phase).toBe('succeeded')
  })

  it('says it again at the next standstill, after there was progress', () => {
    const world = new World(planOf({ units: ['api@1.service', 'api@2.service'], gate, progressDeadlineMs: 300_000 }))
    world.unit(api1).healthy = false
    turnsFor(world, 90_000)
    Object.assign(world.unit(api1), { healthy: true })
    for (let turn = 0; turn < 20 && world.rollout.instances[0]?.stage !== 'done'; turn++) world.turn()
    expect(world.rollout.instances[0]?.stage).toBe('done')
    expect(world.rollout.stuck).toBeNull()
    world.unit('api@2.service').healthy = false
    turnsFor(world, 90_000)
    expect(stuckIn(world).map(({ unit }) => unit)).toEqual([api1, 'api@2.service'])
  })

  it('that waits for its turn offers a pause, and one whose fleet is silent says that', () => {
    const units = ['api@1.service', 'api@2.service']
    const world = new World(planOf({ units, others: ['api@3.service'], progressDeadlineMs: 300_000 }))
    world.unit('api@3.service').state = 'failed'
    turnsFor(world, 70_000)
    expect(said(world, stuckIn(world)[0])).toContain('`@opsee pause 1` stops that clock')
    expect(said(world, stuckIn(world)[0])).toContain('api@3.service is away')

    const silent = new World(planOf({ progressDeadlineMs: 300_000 }))
    silent.silentUntil = Number.POSITIVE_INFINITY
    turnsFor(silent, 70_000)
    expect(said(silent, stuckIn(silent)[0])).toMatch(/^Stuck for 1m, since \S+ UTC: fleet does not answer\./)
  })

  it('is not one that waits for a person', () => {
    const world = new World(planOf())
    world.holds = ['api production is locked by bob: no']
    turnsFor(world, 300_000)
    world.holds = []
    world.pause = { kind: 'pause', by: { id: 'U1', name: 'ann' }, reason: null, at: 1 }
    turnsFor(world, 300_000)
    expect(stuckIn(world)).toEqual([])
  })

  it('says it of an end that is not reached too, and names what then makes sense', () => {
    const world = new World(planOf({ units: one, progressDeadlineMs: 300_000 }))
    world.turn()
    world.turn()
    world.unit(api1).ignoresCalls = true
    turnsFor(world, 3000)
    world.unit(api1).homeless = true
    world.abort = { by: { id: 'U1', name: 'ann' }, reason: null }
    turnsFor(world, 90_000)
    const [stuck] = stuckIn(world)
    expect(stuck?.ending).toBe('aborted')
    expect(said(world, stuck)).toContain('It only ends any more, and is left as it is in 4m.')
    expect(said(world, stuck)).not.toContain('abort')
  })
})

describe('a rollout whose wait has just begun', () => {
  it('is not stuck yet, and later names that wait and counts from its beginning', () => {
    const units = [api1, 'api@2.service', 'api@3.service'] as const
    const world = new World(planOf({ units: [...units], settleMs: 1000, progressDeadlineMs: 600_000 }))
    for (let turn = 0; turn < 200 && world.rollout.instances[1]?.stage !== 'proving'; turn++) world.turn()
    // The row of a proven instance is missing, so the third one waits for its turn.
    world.unit(api1).hidden = 100
    turnsFor(world, 45_000)
    expect(world.rollout.instances[2]?.note).toContain('api@1.service is away')
    world.unit('api@3.service').ignoresCalls = true
    world.unit(api1).hidden = 0
    for (let turn = 0; turn < 200 && world.rollout.instances[2]?.stage !== 'stopping'; turn++) world.turn()
    const began = world.now
    turnsFor(world, 50_000)
    expect(stuckIn(world)).toEqual([])
    turnsFor(world, 15_000)
    const [stuck] = stuckIn(world)
    expect(stuck).toMatchObject({
      unit: 'api@3.service',
      reason: expect.stringContaining('was told to stop') as unknown,
    })
    expect(stuck?.forMs).toBeLessThan(62_000)
    expect(Math.abs((stuck?.since ?? 0) - began)).toBeLessThan(2000)
  })
})

describe('a rollout that fails on an instance', () => {
  it('keeps the states that were seen of it, each once, and its machine', () => {
    const world = new World(planOf({ units: one }))
    world.unit(api1).falls = 5
    expect(world.run().phase).toBe('failed')
    expect(firstFailureText(world.rollout)).toBe(
      'First to fail: api@1 on 127.0.0.1, seen as active/running → inactive/dead → failed/failed → inactive/dead → failed/failed.',
    )
    const ended = world.facts.find((fact) => fact.kind === 'ended')
    const end = said(world, ended).split('\n')
    expect(end[2]).toBe(firstFailureText(world.rollout))
    if (ended?.kind !== 'ended') throw new Error('it did not end')
    expect(said(world, { ...ended, noJournal: 'fleetctl journal exited 255: no agent' })).toContain(
      'Its journal could not be read: fleetctl journal exited 255: no agent. Where ssh reaches its machine: `fleetctl journal --lines 100 api@1.service`.',
    )
  })

  it('names another machine where it was seen on one, and keeps no more than the last twelve states', () => {
    const world = new World(planOf())
    const [first] = world.rollout.instances
    if (first === undefined) throw new Error('no instance')
    const seen = [
      { state: 'inactive/dead', on: '10.0.0.1' },
      { state: 'no machine reports it', on: null },
      { state: 'activating/start-pre', on: '10.0.0.2' },
      { state: 'failed/failed', on: '10.0.0.2' },
    ]
    const ending = { kind: 'failed', reason: 'x', unit: first.unit } as const
    expect(firstFailureText({ ending, instances: [{ ...first, seen }] })).toBe(
      'First to fail: api@1 on 10.0.0.2, seen as inactive/dead on 10.0.0.1 → no machine reports it → activating/start-pre on 10.0.0.2 → failed/failed.',
    )
    world.unit(first.unit).lag = 0
    for (let turn = 0; turn < 60; turn++) {
      world.unit(first.unit).state = turn % 2 === 0 ? 'starting' : 'auto-restart'
      world.unit(first.unit).lag = 10_000
      world.turn()
    }
    expect(world.rollout.instances[0]?.seen.length).toBe(12)
  })

  it('offers the failed one alone where others are left too', () => {
    const world = new World(planOf())
    world.unit(api1).falls = 5
    world.run()
    const ended = world.facts.find((fact) => fact.kind === 'ended')
    expect(said(world, ended)).toContain(
      'Next: `@opsee retry 1` rolls the 3 that are left; `@opsee restart api@1 production` tries api@1 alone; `@opsee status api production` shows what runs; `@opsee show 1` shows every step.',
    )
  })

  it('does not offer one alone that somebody destroyed, but the command that makes it again', () => {
    const world = new World(planOf())
    Object.assign(world.unit(api1), { wanted: 'absent', state: 'none' })
    world.run()
    const end = said(
      world,
      world.facts.find((fact) => fact.kind === 'ended'),
    )
    expect(end).toContain('api@1.service is not in fleet any more')
    expect(end).toContain('`@opsee scale api production 3` makes it again')
    expect(end).not.toContain('`@opsee restart api@1 production`')
  })
})
