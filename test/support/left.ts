import type { Left } from '../../src/domain/drift.ts'
import type { LastAttempt } from '../../src/domain/last-attempt.ts'
import type { Meant, MeantUnit } from '../../src/domain/meant.ts'

/** What the rollouts of a target left there, as the reader tells it. */

export const ended = (id: number, endedAt: number, change: Partial<LastAttempt> = {}): LastAttempt => ({
  id,
  endedAt,
  kind: 'deploy',
  phase: 'succeeded',
  ...change,
})

export const meantUnit = (unit: string, id: number, change: Partial<MeantUnit> = {}): MeantUnit => ({
  unit,
  id,
  how: 'running',
  stopped: false,
  neverRan: false,
  ...change,
})

/** Rollout `id` left these running. */
export const meantOf = (id: number, ...units: readonly string[]): Meant => ({
  id,
  units: units.map((unit) => meantUnit(unit, id)),
})

export const leftOf = (last: LastAttempt | null, meant: Meant | null): Left => ({ ended: last, meant, unreadable: [] })
