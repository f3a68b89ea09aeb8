import { describe, expect, it } from 'vitest'
import { importsOf, sourceFiles } from './imports.ts'

/** The first way round from a file back to itself, as the files on it; null when there is none. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] | null => {
    const before = path.indexOf(file)
    if (before >= 0) return [...path.slice(before), file]
    if (done.has(file)) return null
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...path, file])
      if (cycle !== null) return cycle
    }
    done.add(file)
    return null
  }
  for (const file of graph.keys()) {
    const cycle = visit(file, [])
    if (cycle !== null) return cycle
  }
  return null
}

describe('Files', () => {
  it('import each other in no circle', () => {
    const graph = new Map<string, string[]>()
    for (const file of sourceFiles('src', 'commands', 'demo', 'bench')) {
      graph.set(
        file,
        importsOf(file)
          .filter(({ kind }) => kind === 'own')
          .map(({ to }) => to),
      )
    }
    expect(graph.size).toBeGreaterThan(0)
    expect(findCycle(graph)).toBeNull()
  })

  it('would be caught in a circle', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', []],
      ['d', ['b']],
    ])
    expect(findCycle(graph)).toEqual(['b', 'd', 'b'])
  })
})
