import { z } from 'zod'
import { buildSchema } from '../domain/build.ts'
import { driftMemorySchema } from '../domain/drift-memory.ts'
import { eventSchema } from '../domain/event.ts'
import { historyRowSchema } from '../domain/history.ts'
import { lockSchema } from '../domain/lock.ts'
import { pinSchema } from '../domain/pin.ts'
import { stopSchema } from '../domain/stop.ts'
import { rolloutSchema, typedSchema } from '../domain/rollout.ts'
import { releaseSchema } from '../domain/release.ts'
import { recordType } from './record.ts'

/** Every kind of record under the rollout's keys (`keys.ts`). */

const person = z.strictObject({ id: z.string(), name: z.string().nullable(), team: z.string().optional() })

export const rolloutRecord = recordType(rolloutSchema)
export const eventRecord = recordType(eventSchema)
export const historyRecord = recordType(historyRowSchema)
export const lockRecord = recordType(lockSchema)
export const pinRecord = recordType(pinSchema)
export const stopRecord = recordType(stopSchema)
export const buildRecord = recordType(buildSchema)
export const driftMemoryRecord = recordType(driftMemorySchema)

/** `announced/<id>`: how far a receiver outside was told of rollouts. */
const announcedSchema = z.strictObject({
  /** The first rollout that was not looked at yet. */
  next: z.int().min(1),
  /** Those that go on, and the last event of each that it was told. */
  open: z.array(z.strictObject({ id: z.int().min(1), seq: z.int().min(0) })),
})
export const announcedRecord = recordType(announcedSchema)
export type Announced = z.infer<typeof announcedSchema>

/** `arrivals/<id>`: how far a build has come. */
const arrivalSchema = z.strictObject({
  id: z.int().min(1),
  service: z.string(),
  /** `read` once the registry was asked about it, `told` once its line was posted. */
  stage: z.enum(['new', 'read', 'told']),
  /** What is being said, recorded before it is: after a crash it is looked for. Null while nothing is. */
  sending: z.strictObject({ key: z.string(), at: z.int() }).nullable(),
  /** Tiers of which is settled what comes of the build. */
  settled: z.array(z.string()),
})
export const arrivalRecord = recordType(arrivalSchema)
export type Arrival = z.infer<typeof arrivalSchema>

/** `reminders/<key>`: the last reminder of a hold, counted from its beginning, which tells it from an earlier hold there. */
export const reminderRecord = recordType(z.strictObject({ of: z.int(), number: z.int().min(1) }))

/** The highest number given out so far. */
export const counterRecord = recordType(z.strictObject({ last: z.int().min(0) }))

/** `targets/<tier>/<service>/active` and `retried/<id>`: a rollout's number. */
export const pointerRecord = recordType(z.strictObject({ id: z.int().min(1) }))

/** `targets/<tier>/<service>/queue/<id>`: what others need to know of a rollout that waits. */
const placeSchema = z.strictObject({
  id: z.int().min(1),
  /** It cannot begin now for a reason of its own, so that nobody of another target has to wait for it. */
  stuck: z.boolean(),
  /** A person's yes to this very plan, with what stood in its way then; null for none. */
  yes: z
    .strictObject({ hash: z.string(), passes: z.array(z.string()), by: person, at: z.int(), audit: z.int() })
    .nullable(),
  /** A rollout of its target failed while it waited: it asks for confirmation, and nobody who comes later waits for it. */
  yields: z.literal(true).optional(),
})
export const placeRecord = recordType(placeSchema)
export type QueuePlace = z.infer<typeof placeSchema>

/** Which process drives. */
export const ownerRecord = recordType(z.strictObject({ driver: z.string(), since: z.int() }))

const wish = { by: person, reason: z.string().nullable(), at: z.int(), audit: z.int() }

/** What people want of one live rollout, side by side: each is the last word on its matter. An abort goes before all else. */
const wishesSchema = z.strictObject({
  abort: z.strictObject(wish).nullable(),
  pause: z.strictObject({ kind: z.enum(['pause', 'resume']), ...wish }).nullable(),
  /** Whose it is to be. */
  take: z.strictObject(wish).nullable().default(null),
  /** Go on now, or `forMs` after it was said: with a countdown, or past a canary. */
  go: z
    .strictObject({ ...wish, forMs: z.int().min(0) })
    .nullable()
    .default(null),
})
export const wishesRecord = recordType(wishesSchema)
export type PersonalWishes = z.infer<typeof wishesSchema>

/** The last rollout of a target that succeeded. */
const currentSchema = z.strictObject({
  id: z.int(),
  at: z.int(),
  by: person,
  /** What it rolled; null where nothing was known of releases. */
  release: releaseSchema.nullable().default(null),
})
export const currentRecord = recordType(currentSchema)

/** What remains of a list of services when one of them has succeeded. */
const followingSchema = z.strictObject({
  after: z.int(),
  /** When the one before succeeded. */
  at: z.int(),
  tier: z.string(),
  next: z.array(z.string()).min(1),
  kind: z.enum(['deploy', 'restart']),
  typed: typedSchema,
  requestedBy: person,
  command: z.string(),
  reason: z.string().nullable(),
  place: z.strictObject({ channel: z.string(), thread: z.string().nullable() }),
})
export const followingRecord = recordType(followingSchema)
export type Following = z.infer<typeof followingSchema>
