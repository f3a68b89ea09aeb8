import { z } from 'zod'
import { duration } from './duration.ts'
import { amount, hour, second } from './schema-words.ts'

/** How a rollout behaves: as the engine, a tier or a service says it, the nearer word first. */
export const rolloutSettings = z.strictObject({
  /** Instances replaced together. */
  batch: amount.optional(),
  /** Instances in a first, careful batch; 0 for none. */
  canary: z.int().min(0).optional(),
  /** How long an instance must run without a flaw before its health gate counts. */
  settle: duration(0, hour).optional(),
  /** The longest time without a newly healthy instance. */
  progressDeadline: duration(5 * second, 24 * hour).optional(),
  /** Without a newly healthy instance for this long, the thread says what is waited for. */
  stuckAfter: duration(5 * second, 24 * hour).optional(),
  /** How long a canary must serve without a flaw before the next batch begins. */
  canarySteady: duration(0, 24 * hour).optional(),
  /** What becomes of a rollout of a release that fails: held as it is, or taken back to the last good release. */
  onFailure: z.enum(['hold', 'rollback']).optional(),
  /** How long people have to stop, extend or hurry a rollback before it begins. */
  rollbackAfter: duration(0, hour).optional(),
})

export type RolloutSettings = z.output<typeof rolloutSettings>
