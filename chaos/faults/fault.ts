import type { Chances } from '../random.ts'
import type { ChaosWorld } from '../world/world.ts'

/** One thing that goes wrong. */
export interface Fault {
  /** For the report: "a replica is killed". */
  readonly what: string
  /** Begins it, and resolves with what ends it; null where it did not come to it. */
  begin(world: ChaosWorld, chances: Chances): Promise<Ending | null>
}

interface Ending {
  /** How long it should last, in ms. */
  readonly forMs: number
  /** To whom or what it happened: "bot2 for 3 s". */
  readonly detail: string
  end(): Promise<void> | void
}

/** Numbered choices of what there is at least one of. */
export function oneOf<T>(chances: Chances, from: readonly T[]): T {
  const found = from[chances.between(0, from.length - 1)]
  if (found === undefined) throw new Error('there is nothing to choose from')
  return found
}
