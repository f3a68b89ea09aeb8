import { describe, expect, it } from 'vitest'
import type { Plan } from '../../src/domain/plan.ts'
import { planOf } from '../support/rollouts.ts'
import { World } from './world.ts'

const calls = (world: World) => world.log.map((entry) => entry.what)
const stages = (world: World) => world.rollout.instances.map((one) => one.stage)
const bob = { by: { id: 'U2', name: 'bob' }, reason: null }

/** Each of two instances with a sidekick, both of which are to be made anew. */
function renewOf(change: Partial<Plan> = {}): Plan {
  const plan = planOf({ units: ['api@1.service', 'api@2.service'], sidekicks: ['api-elb@.service'], ...change })
  const batches = plan.batches.map((batch) =>
    batch.map((one) => ({
      ...one,
      task: 'renew' as const,
      renews: [one.unit, ...one.sidekicks].map((unit) => ({ unit, hash: 'new' })),
    })),
  )
  return { ...plan, batches }
}

function until(world: World, reached: () => boolean): void {
  for (let turn = 0; turn < 500 && !reached(); turn++) world.turn()
  if (!reached()) throw new Error(JSON.stringify(world.rollout.instances, null, 1))
}

const hashes = (world: World) => [...world.units].map(([unit, one]) => `${unit} ${one.hash} ${one.state}`)

describe('a unit file that changed', () => {
  it('is rolled out by stop, seen dead, destroy, seen gone, start, one instance after the other', () => {
    const world = new World(renewOf())
    expect(world.run().phase).toBe('succeeded')
    const steps = ['stop elb', 'stop api', 'destroy api', 'destroy elb', 'start api', 'start elb']
    const named = (n: number) =>
      steps.map((step) => step.replace('elb', `api-elb@${n}.service`).replace(/ api$/, ` api@${n}.service`))
    expect(calls(world)).toEqual([...named(1), ...named(2)])
    expect(hashes(world)).toEqual(
      [1, 2].flatMap((n) => [`api@${n}.service new running`, `api-elb@${n}.service new running`]),
    )
    expect(world.facts.at(-1)).toMatchObject({ kind: 'ended', reason: '2 of 2 replaced' })
  })

  it('leaves what did not change: only what is to be made anew is destroyed', () => {
    const plan = renewOf()
    const batches = plan.batches.map((batch) => batch.map((one) => ({ ...one, renews: one.renews.slice(1) })))
    const world = new World({ ...plan, batches })
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world).filter((call) => call.startsWith('destroy'))).toEqual([
      'destroy api-elb@1.service',
      'destroy api-elb@2.service',
    ])
  })

  it.each(['before-calls', 'after-calls'] as const)(
    'is rolled out whole by the next driver, whenever one dies %s',
    (crash) => {
      for (let at = 0; at < 70; at++) {
        const world = new World(renewOf())
        for (let turn = 0; turn < at; turn++) world.turn()
        world.turn({ crash })
        expect([at, world.run().phase, ...hashes(world)]).toEqual([
          at,
          'succeeded',
          ...[1, 2].flatMap((n) => [`api@${n}.service new running`, `api-elb@${n}.service new running`]),
        ])
      }
    },
  )

  it.each(['detaching', 'stopping'] as const)('is not taken up by one that an abort finds %s', (stage) => {
    const world = new World(renewOf())
    until(world, () => world.rollout.instances[0]?.stage === stage)
    if (stage === 'stopping') until(world, () => world.unit('api@1.service').state === 'dead')
    world.abort = bob
    expect(world.run().phase).toBe('aborted')
    expect(calls(world).filter((call) => call.startsWith('destroy'))).toEqual([])
    expect(hashes(world).every((one) => one.endsWith(' h running'))).toBe(true)
  })

  it('is rolled out to its end by one that an abort finds destroyed already, so that nothing is lost', () => {
    const world = new World(renewOf())
    until(world, () => world.rollout.instances[0]?.stage === 'removing')
    world.abort = bob
    expect(world.run().phase).toBe('aborted')
    expect(stages(world)).toEqual(['done', 'waiting'])
    expect(world.unit('api@1.service')).toMatchObject({ state: 'running', hash: 'new' })
    expect(world.unit('api-elb@1.service')).toMatchObject({ state: 'running', hash: 'new' })
  })

  it('that changed once more since the plan was made is refused, with nothing touched', () => {
    const world = new World(renewOf())
    world.templates.set('api-elb@.service', 'newer')
    expect(world.run().phase).toBe('failed')
    expect(calls(world)).toEqual([])
    expect(world.rollout.ending).toMatchObject({
      reason: 'api@1.service was left as it is: api-elb@.service changed once more since the plan was made',
    })
  })

  it('is waited for while one list lacks the template', () => {
    const world = new World(renewOf())
    world.templates.delete('api@.service')
    for (let turn = 0; turn < 10; turn++) world.turn()
    expect(calls(world)).toEqual([])
    expect(world.rollout.instances[0]?.note).toContain('fleet has no api@.service any more')
    world.templates.set('api@.service', 'new')
    expect(world.run().phase).toBe('succeeded')
  })

  it.each([
    ['api@.service', 'api@1.service runs the unit file other, and not new as planned'],
    [
      'api-elb@.service',
      'api@1.service runs, but its sidekick api-elb@1.service runs the unit file other, and not new as planned',
    ],
  ])('counts as rolled out only where it is what runs: %s', (template, reason) => {
    const world = new World(renewOf())
    until(world, () => world.rollout.instances[0]?.stage === 'removing')
    world.templates.set(template, 'other')
    expect(world.run().phase).toBe('failed')
    expect(world.rollout.ending).toMatchObject({ reason })
  })

  it('whose old instance will not be gone fails at the deadline, and is started as a last word', () => {
    const world = new World(renewOf())
    until(world, () => world.rollout.instances[0]?.stage === 'stopping')
    until(world, () => world.unit('api@1.service').state === 'dead')
    world.unit('api@1.service').ignoresCalls = true
    expect(world.run(3000).phase).toBe('failed')
    expect(calls(world)).toContain('start api@1.service')
    expect(stages(world)).toEqual(['failed', 'waiting'])
  })
})
