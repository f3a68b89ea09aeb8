import { z } from 'zod'
import { duration } from './duration.ts'
import { hour, name, second } from './schema-words.ts'

/** What a rollout can announce outward: kinds of its events. */
const announcedEvents = [
  'accepted',
  'queued',
  'plan-changed',
  'begun',
  'preparation-done',
  'preparation-failed',
  'release-moved',
  'paused',
  'resumed',
  'stuck',
  'failing',
  'rollback-due',
  'rolling-back',
  'ended',
] as const

/** Who is told of rollouts outside of the chat. */
export const webhooks = z
  .array(
    z.strictObject({
      url: z.url({ protocol: /^https?$/ }),
      /** All of them unless given. */
      events: z
        .array(z.enum(announcedEvents))
        .min(1)
        .default([...announcedEvents]),
      /** Rollouts of these services, and in these tiers, alone. */
      services: z.array(name).min(1).optional(),
      tiers: z.array(name).min(1).optional(),
      /** What could not be delivered for so long is given up. */
      giveUpAfter: duration(second, 24 * hour).default(hour),
    }),
  )
  .max(20)
  .default([])
