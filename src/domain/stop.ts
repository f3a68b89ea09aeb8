import { z } from 'zod'

/** The last word on a whole tier: nothing new begins there, for anybody, until somebody says `go`. */
export const stopSchema = z.strictObject({
  kind: z.enum(['stop', 'go']),
  tier: z.string(),
  by: z.strictObject({ id: z.string(), name: z.string().nullable() }),
  /** Null only with a `go`. */
  why: z.string().nullable(),
  /** Milliseconds since the epoch. */
  at: z.int(),
  audit: z.int(),
})

export type Stop = z.infer<typeof stopSchema>

/** "all of production is stopped by @ann: checkout is down", for people; not escaped. */
export const stopText = (stop: Stop): string =>
  `all of ${stop.tier} is stopped by ${stop.by.name === null ? stop.by.id : `@${stop.by.name}`}: ${stop.why ?? ''}`
