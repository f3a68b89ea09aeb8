import { z } from 'zod'
import { planSchema } from './plan.ts'
import { outputSchema, preparationFaultSchema } from './preparation.ts'
import { digestSchema, releaseSchema } from './release.ts'
import { obstacleSchema, phaseSchema, stageSchema } from './rollout.ts'

/** One recorded step of a rollout. Written in the same transaction as the record that it explains, never changed. */

const person = z.strictObject({ id: z.string(), name: z.string().nullable(), team: z.string().optional() })

const fact = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('accepted'), by: person, retryOf: z.int().nullable() }),
  /** Accepted, and put at the end of its target's queue. `reason` says what it waits for. */
  z.strictObject({
    kind: z.literal('queued'),
    by: person,
    retryOf: z.int().nullable(),
    hash: z.string(),
    instances: z.int(),
    reason: z.string(),
    /** It waits for a yes from the beginning. */
    asks: z.literal(true).optional(),
  }),
  /** It is first in line and waits for something else now. */
  z.strictObject({ kind: z.literal('waits'), reason: z.string() }),
  /** What would be done now is not what was accepted, or something stands in its way: it waits for a yes to this plan. */
  z.strictObject({
    kind: z.literal('plan-changed'),
    was: z.string(),
    plan: planSchema,
    obstacles: z.array(obstacleSchema),
  }),
  z.strictObject({ kind: z.literal('confirmed'), by: person, hash: z.string() }),
  /** Its turn came, and everything was checked again. */
  z.strictObject({ kind: z.literal('begun'), waitedMs: z.int() }),
  /** A process began to drive it; `again` when another one, or an earlier run of the same, had begun before. */
  z.strictObject({ kind: z.literal('driven'), driver: z.string(), again: z.boolean() }),
  /** It is about to be started, and may take `timeoutMs`. */
  z.strictObject({ kind: z.literal('preparation-began'), command: z.array(z.string()), timeoutMs: z.int() }),
  z.strictObject({
    kind: z.literal('preparation-done'),
    command: z.array(z.string()),
    tookMs: z.int(),
    output: outputSchema,
  }),
  z.strictObject({
    kind: z.literal('preparation-failed'),
    command: z.array(z.string()),
    fault: preparationFaultSchema,
    /** Null when that is not known, or it was not run. */
    tookMs: z.int().nullable(),
    output: outputSchema,
  }),
  /** The wanted release is told to name `to`. */
  z.strictObject({ kind: z.literal('release-moving'), from: digestSchema.nullable(), to: releaseSchema }),
  /** It names `to`: seen. `again` when it did so before. */
  z.strictObject({ kind: z.literal('release-moved'), to: releaseSchema, again: z.boolean() }),
  /** An instance runs the new release before its turn: it crashed, or fleet moved it. */
  z.strictObject({ kind: z.literal('early'), unit: z.string(), to: releaseSchema }),
  /** The canary serves, and must do so until then. */
  z.strictObject({ kind: z.literal('canary-steady'), forMs: z.int() }),
  z.strictObject({ kind: z.literal('canary-passed'), by: person.nullable(), afterMs: z.int() }),
  /** It failed, and is taken back at `dueAt` unless somebody stops that. */
  z.strictObject({
    kind: z.literal('rollback-due'),
    to: releaseSchema,
    id: z.int().nullable(),
    reason: z.string(),
    forMs: z.int(),
    dueAt: z.int(),
    /** Which instance failed first and as what it was seen, in words that are escaped; it is replaced once more. */
    failure: z.string().nullable(),
    /** As in `ended`. */
    journal: z.array(z.string()),
    noJournal: z.string().nullable(),
  }),
  z.strictObject({ kind: z.literal('rollback-put-off'), by: person, dueAt: z.int(), forMs: z.int() }),
  z.strictObject({ kind: z.literal('rollback-stopped'), by: person, reason: z.string().nullable() }),
  /** It is taken back now; `by` is null when nobody hurried it. */
  z.strictObject({
    kind: z.literal('rolling-back'),
    by: person.nullable(),
    to: releaseSchema,
    units: z.array(z.string()),
  }),
  /** The wanted release is back, and these do not run it: they started by themselves before that. */
  z.strictObject({
    kind: z.literal('rolled-again'),
    to: releaseSchema,
    strays: z.array(z.strictObject({ unit: z.string(), why: z.string() })),
  }),
  z.strictObject({
    kind: z.literal('batch-began'),
    batch: z.int(),
    units: z.array(z.string()),
    canary: z.boolean(),
    /** A batch of the rollback, which has batches of its own: so many. */
    rollback: z.strictObject({ of: z.int() }).optional(),
  }),
  z.strictObject({
    kind: z.literal('stage'),
    unit: z.string(),
    stage: stageSchema,
    attempt: z.int(),
    reason: z.string(),
  }),
  z.strictObject({
    kind: z.literal('healthy'),
    unit: z.string(),
    machine: z.string().nullable(),
    ip: z.string().nullable(),
    /** From the first call for it until it proved healthy. */
    tookMs: z.int(),
    reason: z.string(),
  }),
  /** It is gone: seen nowhere any more. `tookMs` is from the first call for it. */
  z.strictObject({ kind: z.literal('removed'), unit: z.string(), tookMs: z.int(), reason: z.string() }),
  /** Something happened to an instance that no step of this rollout did. */
  z.strictObject({
    kind: z.literal('outside'),
    unit: z.string(),
    did: z.enum(['started', 'stopped', 'unloaded', 'destroyed', 'made', 'restarted', 'moved', 'left', 'returned']),
    reason: z.string(),
  }),
  z.strictObject({ kind: z.literal('instance-failed'), unit: z.string(), reason: z.string() }),
  z.strictObject({ kind: z.literal('batch-done'), batch: z.int() }),
  /** It cannot go on for now; told once, until `going-on`. */
  z.strictObject({ kind: z.literal('held'), reason: z.string() }),
  z.strictObject({ kind: z.literal('going-on'), reason: z.string() }),
  /** Nothing became healthy for a while: told once for each standstill. */
  z.strictObject({
    kind: z.literal('stuck'),
    /** What it waits for; null when that is no instance. */
    unit: z.string().nullable(),
    reason: z.string(),
    /** When it last came on, less what a person held it for. */
    since: z.int(),
    forMs: z.int(),
    /** Until it is given up, should it stay so. */
    leftMs: z.int(),
    /** Something is under way. */
    moving: z.boolean(),
    /** It can only end, and does not get there. */
    ending: z.enum(['failed', 'aborted']).nullable(),
  }),
  /** `moving` are the units that are brought to their end first. */
  z.strictObject({
    kind: z.literal('pause-asked'),
    /** The whole tier was stopped. */
    tier: z.boolean().default(false),
    by: person,
    reason: z.string().nullable(),
    moving: z.array(z.string()),
    /** The preparation runs, and is brought to its end first. */
    preparing: z.boolean().optional(),
  }),
  /** Nothing is under way any more: this is how it rests. */
  z.strictObject({
    kind: z.literal('paused'),
    tier: z.boolean().default(false),
    by: person,
    reason: z.string().nullable(),
    replaced: z.int(),
    of: z.int(),
    /** Units that do not run, or are surely not healthy; null when the fleet did not say. */
    away: z.array(z.string()).nullable(),
  }),
  /** `by` is null when the wish to pause is gone and nobody says who took it back. */
  z.strictObject({
    kind: z.literal('resumed'),
    tier: z.boolean().default(false),
    by: person.nullable(),
    reason: z.string().nullable(),
    replaced: z.int(),
    of: z.int(),
  }),
  z.strictObject({
    kind: z.literal('taken'),
    by: person,
    from: person,
    reason: z.string().nullable(),
    replaced: z.int(),
    of: z.int(),
  }),
  z.strictObject({ kind: z.literal('abort-asked'), by: person, reason: z.string().nullable() }),
  /** It will fail: nothing new begins, what is under way is brought back up. */
  z.strictObject({ kind: z.literal('failing'), unit: z.string().nullable(), reason: z.string() }),
  z.strictObject({
    kind: z.literal('ended'),
    phase: phaseSchema,
    reason: z.string(),
    /** Last journal lines of the first failing instance, secrets redacted. */
    journal: z.array(z.string()),
    /** Why there are none; null when that was not asked. */
    noJournal: z.string().nullable().default(null),
  }),
])

export const eventSchema = z.strictObject({
  rollout: z.int(),
  seq: z.int().min(1),
  /** Milliseconds since the epoch. */
  at: z.int(),
  fact,
})

export type RolloutEvent = z.infer<typeof eventSchema>
export type Fact = z.infer<typeof fact>
