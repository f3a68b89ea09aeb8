import { z } from 'zod'
import { releaseSchema, releaseText } from './release.ts'

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

/** Why no other release may come to its target. */
export const pinText = ({ service, tier, release, by, why }: Pin): string =>
  `${service} ${tier} is pinned to ${releaseText(release)} by ${by.name ?? by.id} (${why})`
