import { z } from 'zod'
import { releaseSchema } from './release.ts'

/** A person's word that a target runs this release and no other, until it is taken back. */
export const pinSchema = z.strictObject({
  service: z.string(),
  tier: z.string(),
  release: releaseSchema,
  by: z.strictObject({ id: z.string(), name: z.string().nullable() }),
  why: z.string(),
  /** Milliseconds since the epoch. */
  at: z.int(),
  audit: z.int(),
})

export type Pin = z.infer<typeof pinSchema>
