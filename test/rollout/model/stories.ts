import * as fc from 'fast-check'
import { happenings, type Happening } from './commands.ts'
import type { Engine } from './engine.ts'
import { letGo } from './people.ts'
import { releaseOf } from './registry.ts'
import { ModelWorld, type Shape } from './world.ts'

/** Stories: a small world, and up to 40 things that happen in it in any order. */

export const shapes: fc.Arbitrary<Shape> = fc.record({
  bots: fc.integer({ min: 1, max: 3 }),
  instances: fc.integer({ min: 1, max: 4 }),
  atOnce: fc.integer({ min: 1, max: 2 }),
  sidekicks: fc.boolean(),
  gated: fc.boolean(),
  oneBatch: fc.boolean(),
  releases: fc.option(
    fc.record({
      takesBack: fc.boolean(),
      bad: fc.constantFrom(null, releaseOf('v2').digest, releaseOf('v3').digest),
    }),
    { freq: 2 },
  ),
  seed: fc.nat({ max: 1_000_000 }),
  prepared: fc.option(fc.constantFrom('well', 'well', 'well', 'fails'), { freq: 1 }),
})

export const storiesOf = (shape: fc.Arbitrary<Shape>) =>
  fc.tuple(shape, fc.commands(happenings, { maxCommands: 40, size: 'max' }))

/** Plays a story, repairs the world, and lets the rollouts end. Returns the broken invariants and the last 60 steps. */
export async function playStory(
  engine: Engine,
  [given, commands]: readonly [Shape, Iterable<Happening>],
): Promise<readonly string[]> {
  const world = new ModelWorld(engine, given)
  try {
    await world.deploy()
    try {
      await fc.asyncModelRun(() => ({ model: {}, real: world }), commands)
    } catch (error) {
      if (world.witness.wrong.length === 0) throw error
    }
    if (world.witness.wrong.length === 0) {
      world.tell('-- all is made well')
      world.makeWell()
      letGo(world)
      await world.toTheEnd()
    }
    return world.witness.wrong.length === 0 ? [] : [...world.witness.wrong, ...world.story.slice(-60)]
  } finally {
    world.close()
  }
}
