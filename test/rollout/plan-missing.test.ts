import { describe, expect, it } from 'vitest'
import type { Only, Planned } from '../../src/domain/plan.ts'
import type { UnitView } from '../../src/ports/scheduler.ts'
import { planRollout, type PlanInput } from '../../src/rollout/plan-rollout.ts'
import { planInputOf, settingsOf } from '../support/rollouts.ts'
import { World } from './world.ts'

/** Instances that the last rollout left and that somebody destroyed, unloaded or stopped since. */

const names = (...numbers: readonly number[]): readonly string[] => numbers.map((number) => `api@${number}.service`)

const unit = (name: string, change: Partial<UnitView> = {}): UnitView => ({
  unit: name,
  wanted: 'launched',
  believed: 'launched',
  hash: 'h1',
  target: 'm1',
  global: false,
  reports: [{ machine: 'm1', ip: '10.0.0.1', load: 'loaded', active: 'active', sub: 'running', hash: 'h1' }],
  sameFor: { views: 3, since: 0 },
  flaps: 0,
  wantedFor: 10,
  ...change,
})
const stopped = (name: string): UnitView =>
  unit(name, {
    wanted: 'loaded',
    reports: [{ machine: 'm1', ip: null, load: 'loaded', active: 'inactive', sub: 'dead', hash: 'h1' }],
  })
const unloaded = (name: string): UnitView => unit(name, { wanted: 'inactive', target: null, reports: [] })

/** Rollout 7 left three instances. */
const plan = (units: readonly UnitView[], change: Partial<PlanInput> = {}): Planned =>
  planRollout(
    planInputOf({
      cluster: {
        kind: 'known',
        startedAt: 0,
        endedAt: 0,
        machines: new Map(['m1', 'm2', 'm3', 'm4', 'm5'].map((id) => [id, { id, ip: null, metadata: {} }])),
        units: new Map(units.map((one) => [one.unit, one])),
        templates: new Map([['api@.service', 'h1']]),
      },
      meant: { id: 7, units: names(1, 2, 3) },
      ...change,
    }),
  )
const blockers = (planned: Planned) =>
  planned.kind === 'plan' ? planned.blockers.map(({ kind, force, message }) => ({ kind, force, message })) : planned
const tasks = (planned: Planned) =>
  planned.kind === 'plan'
    ? planned.plan.batches.flat().map(({ task, unit: name }) => `${task} ${name}`)
    : planned.message
const two = names(1, 2).map((name) => unit(name))
const left = (...numbers: readonly number[]): Only => ({ why: 'left', units: [...names(...numbers)] })
const namedOnly = (...numbers: readonly number[]): Only => ({ why: 'named', units: [...names(...numbers)] })

const missing = {
  kind: 'missing',
  force: false,
  message:
    'api@3.service is missing, which rollout 7 left: `scale api production 3` makes it again, `scale api production 2` goes on without it; no more than 1 may be away at once',
}

describe('an instance that should exist and does not', () => {
  it.each<readonly [what: string, change: Partial<PlanInput>]>([
    ['deploy', {}],
    ['restart', { kind: 'restart' }],
    ['rollback', { kind: 'rollback' }],
    ['promote', { kind: 'promote' }],
    ['retry of all that is left', { only: left(2, 3) }],
    ['restart of another one by name', { kind: 'restart', only: namedOnly(1) }],
  ])('counts as away: a %s is refused, with what to type', (_, change) => {
    expect(blockers(plan(two, change))).toEqual([missing])
    expect(blockers(plan([...two, unloaded('api@3.service')], change))).toEqual([missing])
  })

  it('counts while it is vanishing from the lists too', () => {
    const vanishing = unit('api@3.service', { wanted: 'absent', reports: [], target: null, wantedFor: 2 })
    expect(blockers(plan([...two, vanishing]))).toEqual([missing])
  })

  it('that somebody only stopped counts too: a restart starts it', () => {
    expect(blockers(plan([...two, stopped('api@3.service')]))).toMatchObject([
      { kind: 'already-down', message: expect.stringContaining('Restart it first') as unknown },
    ])
    const named = plan([...two, stopped('api@3.service')], { kind: 'restart', only: namedOnly(3) })
    expect([tasks(named), blockers(named)]).toEqual([['replace api@3.service'], []])
  })

  it('leaves room for what the batch still allows', () => {
    const made = plan(two, { settings: settingsOf({ batch: { kind: 'count', count: 2 } }) })
    expect(blockers(made)).toEqual([])
    expect(made).toMatchObject({ plan: { others: ['api@3.service'], atOnce: 2 } })
  })

  it('is named by a restart that names it', () => {
    expect(plan(two, { kind: 'restart', only: namedOnly(3) })).toMatchObject({
      kind: 'impossible',
      message: expect.stringContaining('`scale api production 3` makes it again') as unknown,
    })
  })

  it('is not asked for of a service whose unit has another name by now, or that no rollout left', () => {
    expect(blockers(plan(two, { meant: { id: 7, units: ['old@3.service'] } }))).toEqual([])
    expect(blockers(plan(two, { meant: null }))).toEqual([])
  })

  it('is not missing while a live rollout makes it anew', () => {
    expect(blockers(plan(two, { live: 8, moving: names(3) }))).toMatchObject([{ kind: 'busy' }])
  })

  it('is made again by a scale, and a scale to fewer accepts that it is gone', () => {
    expect(tasks(plan(two, { kind: 'scale', to: 3 }))).toEqual(['add api@3.service'])
    expect(
      tasks(
        plan(
          names(2, 3).map((name) => unit(name)),
          { kind: 'scale', to: 4 },
        ),
      ),
    ).toEqual(['add api@1.service', 'add api@4.service'])
    const fewer = plan(two, { kind: 'scale', to: 2 })
    expect([tasks(fewer), blockers(fewer)]).toEqual([['remove api@3.service'], []])
    expect(fewer).toMatchObject({ plan: { scale: { from: 3, to: 2 }, others: names(1, 2) } })
    const one = plan(two, { kind: 'scale', to: 1 })
    expect([tasks(one), blockers(one)]).toEqual([['remove api@2.service'], []])
  })
})

describe('a rollout that counts an instance which does not exist', () => {
  it('takes away no more than the plan allows, that one counted', () => {
    const made = plan([...two, unit('api@4.service')], {
      settings: settingsOf({ batch: { kind: 'count', count: 2 } }),
    })
    if (made.kind !== 'plan') throw new Error('no plan')
    const world = new World({ ...made.plan, settleMs: 1000 })
    Object.assign(world.unit('api@3.service'), { wanted: 'absent', state: 'none' })
    let most = 0
    while (world.rollout.endedAt === null) {
      world.turn()
      most = Math.max(most, world.away().length)
    }
    expect([world.rollout.phase, most]).toEqual(['succeeded', 2])
  })

  it('ends at once when one that it does not roll is destroyed in mid-rollout and keeps it from going on', () => {
    const made = plan([...two, unit('api@3.service')], { only: left(1, 2) })
    if (made.kind !== 'plan') throw new Error('no plan')
    const world = new World({ ...made.plan, settleMs: 1000 })
    while (world.rollout.instances[0]?.stage !== 'proving') world.turn()
    Object.assign(world.unit('api@3.service'), { wanted: 'absent', state: 'none' })
    const at = world.now
    expect(world.run()).toMatchObject({
      phase: 'failed',
      ending: { reason: expect.stringContaining('`scale api production 3`') as unknown },
    })
    expect(world.now - at).toBeLessThan(20_000)
    expect(world.log.map(({ what }) => what)).not.toContain('stop api@2.service')
  })

  it('accepts by a scale that an instance is gone: nothing else is touched', () => {
    const made = plan(two, { kind: 'scale', to: 2 })
    if (made.kind !== 'plan') throw new Error('no plan')
    const world = new World(made.plan)
    world.units.delete('api@3.service')
    expect(world.run().phase).toBe('succeeded')
    expect(world.log.map(({ what }) => what)).toEqual(['destroy api@3.service'])
  })
})
