import * as fc from 'fast-check'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeMutant, type Edit } from '../chaos/mutant.ts'
import { doneBeforeRecorded, noLeaseCheck, oneTooMany, startedTwice } from '../chaos/mutations.ts'
import { engineIn } from './model/engine.ts'
import {
  anyEndIsWell,
  currentOfBefore,
  doneForgotten,
  endedUnderWay,
  failuresIgnored,
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
import { playStory, shapes, storiesOf } from './model/stories.ts'
import type { Shape } from './model/world.ts'

/**
 * Engines that are broken on purpose: the same stories that an intact engine survives must show each fault. They belong to
 * `.ci/nightly`. `test/architecture/mutations.test.ts` checks in seconds that each mutation still applies to the build.
 */

/** The first release fails, and takes itself back. */
const failsAlways: Shape['releases'] = { takesBack: true, bad: releaseOf('v2').digest }

/** Plays up to 2,000 stories with the broken engine. Returns the first broken invariant. */
async function firstWrong(edits: readonly Edit[], known: Partial<Shape> = {}): Promise<string> {
  const mutant = makeMutant(path.resolve(import.meta.dirname, '..', '..'), edits)
  try {
    const engine = await engineIn(mutant.root)
    let wrong = 'nothing was found'
    const stories = storiesOf(shapes.map((one) => ({ ...one, ...known })))
    const property = fc.asyncProperty(stories, async (given) => {
      const [first] = await playStory(engine, given)
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
  it.each<readonly [what: string, edits: readonly Edit[], invariant: number | '[37]']>([
    ['goes on without its lease', noLeaseCheck, 1],
    ['drives what another drives', ownedByMany, 1],
    ['takes away one too many', oneTooMany, 2],
    ['ends what is under way', endedUnderWay, 3],
    ['does a step before it is recorded', doneBeforeRecorded, 4],
    ['starts what it started already', startedTwice, 4],
    // Its end is false, or it cannot be rolled back: whichever story comes first.
    ['leaves destroyed what it was to make anew', notMadeAnew, '[37]'],
    ['removes the lowest numbers', lowestRemoved, 4],
    ['does not compare what people want', wishesNotCompared, 5],
    ['starts what waits after a failure', failuresIgnored, 5],
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
