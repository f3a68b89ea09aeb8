import { describe, expect, it } from 'vitest'
import { ownEngine } from './model/engine.ts'
import { ModelWorld, type Shape } from './model/world.ts'

/** The engine as it runs, on the models of etcd and fleet: a template that no machine matches, and the one that replaces it. */

describe('A unit file that no machine matches', () => {
  it.each<readonly [how: string, disturb: (world: ModelWorld, at: number) => void]>([
    ['in peace', () => undefined],
    ['though its driver is killed', (world, at) => world.ambush('commit-applied', at % 9, (bot) => world.kill(bot))],
    [
      'though its driver is killed at a call',
      (world, at) => world.ambush('call-landed', at % 7, (bot) => world.kill(bot)),
    ],
  ])(
    'is repaired by one that fits and --units, %s',
    async (_, disturb) => {
      for (let at = 0; at < 12; at++) {
        const given: Shape = {
          bots: 2,
          instances: 3,
          atOnce: 1 + (at % 2),
          sidekicks: at % 3 === 0,
          gated: at % 2 === 0,
          oneBatch: false,
          releases: null,
          seed: at,
          prepared: null,
        }
        const world = new ModelWorld(ownEngine, given)
        const units = (): readonly string[] =>
          world.fleet.instances.map(({ name, state, hash }) => `${name} ${state} ${hash}`).toSorted()
        try {
          world.fleet.template = 'bad!'
          await world.deploy({ units: true })
          await world.toTheEnd()
          const lost = units().filter((one) => one.endsWith('none bad!'))
          expect(lost, `the story was: ${world.story.join('; ')}`).not.toEqual([])
          world.fleet.template = 'good'
          disturb(world, at)
          await world.deploy({ units: true })
          await world.timeline.pass(60_000)
          for (const bot of world.bots) world.start(bot)
          await world.toTheEnd()
          expect([...world.witness.wrong, ...(world.witness.wrong.length === 0 ? [] : world.story)]).toEqual([])
          expect(units()).toEqual([1, 2, 3].map((n) => `api@${n}.service running good`))
          expect(world.witness.rollouts().at(-1)?.phase).toBe('succeeded')
        } finally {
          world.close()
        }
      }
    },
    600_000,
  )
})
