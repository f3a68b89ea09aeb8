import { z } from 'zod'
import { planKindSchema } from './plan.ts'
import { releaseSchema } from './release.ts'
import { phaseSchema } from './rollout.ts'
import type { Unreadable } from './unreadable.ts'

/** One line per ended rollout, small, so that a page is one short read. */
export const historyRowSchema = z.strictObject({
  id: z.int(),
  kind: planKindSchema,
  service: z.string(),
  tier: z.string(),
  phase: phaseSchema,
  by: z.strictObject({ id: z.string(), name: z.string().nullable() }),
  reason: z.string().nullable(),
  /** Why it ended so, in words. */
  summary: z.string(),
  /** The release that it was to roll; null where none was known. */
  release: releaseSchema.nullable().default(null),
  instances: z.int(),
  replaced: z.int(),
  createdAt: z.int(),
  /** When it began to roll, if it had to wait. */
  begunAt: z.int().nullable().default(null),
  endedAt: z.int(),
})

export type HistoryRow = z.infer<typeof historyRowSchema>

export interface HistoryPage {
  /** Newest first. */
  readonly rows: readonly HistoryRow[]
  /** Rows of this page that cannot be read, and the counter when that cannot. */
  readonly unreadable: readonly Unreadable[]
  /** For `--before`; null when there is nothing older. */
  readonly older: string | null
}
