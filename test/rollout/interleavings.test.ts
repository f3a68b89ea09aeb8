import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownEngine } from './model/engine.ts'
import { playStory, shapes, storiesOf } from './model/stories.ts'

/**
 * The engine as it runs (journal, queue, driver and decisions), in several processes at once on small models of etcd and
 * fleet. The invariants hold whatever happens between any two of their steps. Each run plays the same stories, so a red
 * test means that the code changed; `OPSEE_MODEL_RUNS=2000` plays that many new ones.
 */

const wanted = process.env['OPSEE_MODEL_RUNS']
const stories = wanted === undefined ? { seed: 1, numRuns: 100 } : { numRuns: Number(wanted) }

describe('The engine, in every interleaving of what may happen to it', () => {
  it('breaks no invariant', async () => {
    await fc.assert(
      fc.asyncProperty(storiesOf(shapes), async (given) => {
        expect((await playStory(ownEngine, given)).join('\n')).toBe('')
      }),
      stories,
    )
  }, 3_600_000)
})
