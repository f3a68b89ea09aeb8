import { describe, expect, it } from 'vitest'
import { makeMutant, type Edit } from '../chaos/mutant.ts'
import * as processMutations from '../chaos/mutations.ts'
import * as modelMutations from '../rollout/model/mutations.ts'
import { root } from './imports.ts'

/**
 * The broken engines themselves are played by `.ci/nightly`. This test takes seconds, so a change of the engine that makes
 * a mutation meaningless is seen at once.
 */
describe('The mutations that the checker and the interleavings are tested with', () => {
  it.each(Object.entries<readonly Edit[]>({ ...processMutations, ...modelMutations }))(
    '%s still changes text of the build',
    (_, edits) => {
      const mutant = makeMutant(root, edits)
      mutant.remove()
      expect(edits.length).toBeGreaterThan(0)
    },
  )
})
