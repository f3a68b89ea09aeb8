import * as fc from 'fast-check'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeMutant, type Edit } from '../chaos/mutant.ts'
import { doneBeforeRecorded, noLeaseCheck, oneTooMany, startedTwice } from '../chaos/mutations.ts'
import { happenings, type Happening } from './model/commands.ts'
import { engineIn, ownEngine, type Engine } from './model/engine.ts'
import {
  anyEndIsWell,
  currentOfBefore,
  doneForgotten,
  endedUnderWay,
  lowestRemoved,
  moveBelieved,
  notLookedAtLast,
  notMadeAnew,
  notRolledAgain,
  notVerified,
  ownedByMany,
  preparedAgain,
  takenBackToItself,
  wishBelieved,
  wishesNotCompared,
} from './model/mutations.ts'
import { releaseOf } from './model/registry.ts'
import { letGo } from './model/people.ts'
import { ModelWorld, type Shape } from './model/world.ts'

/**
 * The engine as it runs, journal, queue, driver and decisions, in several processes at once on small models of etcd and
 * fleet: whatever happens between any two of their steps, the invariants hold. The same stories each time, so that a red
 * test tells of a change; `OPSEE_MODEL_RUNS=2000` plays so many new ones.
 */

const wanted = process.env['OPSEE_MODEL_RUNS']
const stories = wanted === undefined ? { seed: 1, numRuns: 100 } : { numRuns: Number(wanted) }

const shape: fc.Arbitrary<Shape> = fc.record({
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
const storyOf = (shapes: fc.Arbitrary<Shape>) =>
  fc.tuple(shapes, fc.commands(happenings, { maxCommands: 40, size: 'max' }))
const story = storyOf(shape)
/** The first release fails, and takes itself back. */
const failsAlways: Shape['releases'] = { takesBack: true, bad: releaseOf('v2').digest }

/** Plays a story, makes everything well, and lets it come to its end. Returns what was found wrong. */
async function play(
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

describe('The engine, in every interleaving of what may happen to it', () => {
  it('breaks no invariant', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (given) => {
        expect((await play(ownEngine, given)).join('\n')).toBe('')
      }),
      stories,
    )
  }, 3_600_000)
})

/** An engine that was broken on purpose, and the first thing that is found wrong with it in stories of such a shape. */
async function firstWrong(edits: readonly Edit[], known: Partial<Shape> = {}): Promise<string> {
  const mutant = makeMutant(path.resolve(import.meta.dirname, '..', '..'), edits)
  try {
    const engine = await engineIn(mutant.root)
    let wrong = 'nothing was found'
    const stories = storyOf(shape.map((one) => ({ ...one, ...known })))
    const property = fc.asyncProperty(stories, async (given) => {
      const [first] = await play(engine, given)
      if (first !== undefined) wrong = first
      return first === undefined
    })
    await fc.check(property, { seed: 1, numRuns: 2000, endOnFailure: true })
    return wrong
  } finally {
    mutant.remove()
  }
}

describe('An engine is found out that', () => {
  it.each<readonly [what: string, edits: readonly Edit[], invariant: number]>([
    ['goes on without its lease', noLeaseCheck, 1],
    ['drives what another drives', ownedByMany, 1],
    ['takes away one too many', oneTooMany, 2],
    ['ends what is under way', endedUnderWay, 3],
    ['does a step before it is recorded', doneBeforeRecorded, 4],
    ['starts what it started already', startedTwice, 4],
    ['leaves destroyed what it was to make anew', notMadeAnew, 3],
    ['removes the lowest numbers', lowestRemoved, 4],
    ['does not compare what people want', wishesNotCompared, 5],
    ['believes that the tag was moved, and stops', moveBelieved, 7],
    ['does not verify what runs', notVerified, 7],
    ['keeps the release of before as the good one', currentOfBefore, 7],
    ['takes back to what failed', takenBackToItself, 7],
    ['ends without a last look', notLookedAtLast, 7],
  ])(
    '%s',
    async (_, edits, invariant) => {
      expect(await firstWrong(edits)).toMatch(new RegExp(`^invariant ${invariant} `))
    },
    300_000,
  )

  it('believes a wish before the deed', async () => {
    expect(await firstWrong(wishBelieved, { releases: null })).toMatch(/^invariant 3 /)
  }, 300_000)

  it('prepares what another one may be preparing', async () => {
    expect(await firstWrong(preparedAgain, { prepared: 'well', bots: 2 })).toMatch(/^invariant 4 /)
  }, 300_000)

  it('goes on after a preparation that failed', async () => {
    expect(await firstWrong(anyEndIsWell, { prepared: 'fails' })).toMatch(/^invariant 4 /)
  }, 300_000)

  it('forgets the instances that are already done', async () => {
    const known = { gated: true, instances: 4, atOnce: 1, oneBatch: false, bots: 1 }
    expect(await firstWrong(doneForgotten, known)).toMatch(/^invariant 7 /)
  }, 300_000)

  it('leaves who started before the tag was back', async () => {
    expect(await firstWrong(notRolledAgain, { releases: failsAlways })).toMatch(/^invariant 7 /)
  }, 300_000)
})
