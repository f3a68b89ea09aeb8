import { describe, expect, it } from 'vitest'
import { importsOf, sourceFiles } from './imports.ts'

describe('The checker of the chaos runs', () => {
  it('shares no code with what it checks: it imports zod and itself', () => {
    const files = sourceFiles('chaos/checker')
    expect(files.length).toBeGreaterThan(0)
    const outside = files
      .flatMap(importsOf)
      .filter(({ to, kind }) => (kind === 'own' ? !to.startsWith('chaos/checker/') : to !== 'zod'))
    expect(outside).toEqual([])
  })

  it('is not alone: nothing of the product imports the chaos', () => {
    const imports = sourceFiles('src', 'commands', 'demo', 'bench').flatMap(importsOf)
    expect(imports.filter(({ to }) => to.startsWith('chaos/'))).toEqual([])
  })
})
