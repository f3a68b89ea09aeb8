import { z } from 'zod'
import type { Target } from './target.ts'

/** A person's hold on a target, or on a whole tier. */
export const lockSchema = z.strictObject({
  /** Null: the whole tier. */
  service: z.string().nullable(),
  tier: z.string(),
  by: z.strictObject({ id: z.string(), name: z.string().nullable() }),
  why: z.string(),
  /** Milliseconds since the epoch. */
  at: z.int(),
  /** When it ends by itself; null for never. */
  until: z.int().nullable(),
  audit: z.int(),
})

export type Lock = z.infer<typeof lockSchema>

export const lockCovers = (lock: Lock, target: Target): boolean =>
  lock.tier === target.tier && (lock.service === null || lock.service === target.service)

export const lockExpired = (lock: Lock, nowMs: number): boolean => lock.until !== null && lock.until <= nowMs

export const lockText = (lock: Lock): string =>
  lock.service === null ? `all of ${lock.tier}` : `${lock.service} ${lock.tier}`

/** Why whoever is not its owner waits. */
export const lockedText = (lock: Lock): string =>
  `${lockText(lock)} is locked by ${lock.by.name ?? lock.by.id}: ${lock.why}`

/** What is to be typed to lift it. */
export const unlockText = ({ service, tier }: Lock): string =>
  service === null ? `unlock ${tier}` : `unlock ${service} ${tier}`
