import * as fc from 'fast-check'

/** The smallest input for which the property does not hold (with the seed that finds it again), or null. */
export function counterexample<T>(property: fc.IRawProperty<T, false>): string | null {
  const found = fc.check(property)
  return found.failed
    ? `${JSON.stringify(found.counterexample)} with seed ${found.seed}: ${String(found.errorInstance)}`
    : null
}

/** For comparing what has no text of its own. */
export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
