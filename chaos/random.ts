import { randomFrom } from '../test/journeys/support/random.ts'

/** Chances that come out the same for the same seed. */
export interface Chances {
  /** True so often, from 0 to 1. */
  happens(share: number): boolean
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number
  pick<T>(from: readonly [T, ...T[]]): T
}

export function chancesFrom(seed: number): Chances {
  const next = randomFrom(seed)
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    happens: (share) => next() < share,
    between,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
  }
}
