import { describe, expect, it } from 'vitest'
import { makeMutant, type Edit } from '../chaos/mutant.ts'
import * as mutations from '../chaos/mutations.ts'
import { root } from './imports.ts'

/** Quick, so that whoever changes the engine learns at once which mutation to think of anew. */
describe('The mutations that the checker is tested with', () => {
  it.each(Object.entries<readonly Edit[]>(mutations))('%s still changes text of the build', (_, edits) => {
    const mutant = makeMutant(root, edits)
    mutant.remove()
    expect(edits.length).toBeGreaterThan(0)
  })
})
