import { z } from 'zod'
import { watchFields } from './instance-watch.ts'
import { planAskSchema, renewsSchema, taskSchema } from './plan.ts'
import { digestSchema } from './release.ts'

/** The parts of a rollout as the store keeps it. Times are milliseconds since the epoch. */

export const stages = [
  'waiting',
  /** Its sidekicks were told to stop. */
  'detaching',
  /** It was told to stop. */
  'stopping',
  /** It was seen stopped and told to start. */
  'starting',
  /** It was seen running, and must stay so and pass its gate. */
  'proving',
  /** It is healthy; its sidekicks were told to start. */
  'attaching',
  /** It was seen stopped; it was destroyed, for good or to be made anew. */
  'removing',
  'done',
  'failed',
  /** Given back as it was: an abort came before it was replaced or removed; or taken back, where it had been begun to be added. */
  'kept',
] as const

export const stageSchema = z.enum(stages)
export type Stage = z.infer<typeof stageSchema>

/** `team` is only there for a person of another organisation. */
export const personSchema = z.strictObject({ id: z.string(), name: z.string().nullable(), team: z.string().optional() })

export const instanceStateSchema = z.strictObject({
  unit: z.string(),
  /** As planned; `take-back` once an abort came while it was being added. */
  task: z.enum([...taskSchema.options, 'take-back']).default('replace'),
  sidekicks: z.array(z.string()),
  /** As planned. */
  renews: renewsSchema,
  /** Index of its batch in the plan. */
  batch: z.int().min(0),
  stage: stageSchema,
  /** When this stage began. */
  since: z.int(),
  /** How often it was told to start from a stop: the second time is the last. */
  attempt: z.int().min(0),
  /** How often it was seen to run and then not to run any more. */
  drops: z.int().min(0),
  /** Mutating calls made for it so far, repeated ones too. */
  calls: z.int().min(0),
  /** It was seen stopped, so what runs now is a new process. */
  replaced: z.boolean(),
  /** Where it was before, and its identity then. */
  before: z.strictObject({
    machine: z.string().nullable(),
    ip: z.string().nullable(),
    identity: z.string().nullable(),
  }),
  /** The release that it said it runs, a digest; null when it did not say. */
  runs: digestSchema.nullable().default(null),
  /** Where it came up; null until it was seen running again. */
  machine: z.strictObject({ id: z.string(), ip: z.string().nullable() }).nullable(),
  startedAt: z.int().nullable(),
  /** When the process that runs now was first seen running. Absent before that, and in older records. */
  upAt: z.int().optional(),
  finishedAt: z.int().nullable(),
  /** Why it failed, or what it waits for now, in words. */
  note: z.string().nullable(),
  /** What it was seen as since its first call, oldest first, each state once in a row; the last few. Empty once it is well. */
  seen: z.array(z.strictObject({ state: z.string(), on: z.string().nullable() })).default([]),
  ...watchFields,
})

export const endingSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('failed'),
    reason: z.string(),
    unit: z.string().nullable(),
    /** Somebody took an instance away. The release is not at fault, so nothing is rolled back. */
    outside: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('aborted'), by: personSchema, reason: z.string().nullable() }),
  /** It left the queue before it began, and nothing was done. `by` is null when no person took it out. */
  z.strictObject({
    kind: z.literal('cancelled'),
    why: z.enum([
      /** The target is already as the rollout would leave it. */
      'pointless',
      /** A person took it out. */
      'withdrawn',
      /** The person who asked for it lost the right to it. */
      'denied',
      /** The target, or every instance of it, is gone. */
      'gone',
    ]),
    by: personSchema.nullable(),
    reason: z.string(),
  }),
])

/** Why nothing new may begin: a person's wish, to which the rollout has said that it holds. */
export const pauseSchema = z.strictObject({
  /** Of this rollout alone, or the stop of its whole tier. */
  kind: z.enum(['pause', 'stop']).default('pause'),
  by: personSchema,
  reason: z.string().nullable(),
  /** When it was asked for: tells one pause from the next. */
  at: z.int(),
})
export type Pause = z.infer<typeof pauseSchema>

/** How it was asked for, for the services that follow: batch as typed (`2`, `25%`), null where the configuration decides. */
export const typedSchema = z.strictObject({
  batch: z.string().nullable(),
  canary: z.int().nullable(),
  force: z.boolean(),
  /** Unit files that changed are rolled out too. */
  units: z.boolean().optional(),
  /** When a list of services was typed, in milliseconds since the epoch; its later services compare it with failures. */
  at: z.int().optional(),
})
export type Typed = z.infer<typeof typedSchema>

/** What stands in a plan's way, and what kind of thing that is: a yes passes the kinds that were shown. */
export const obstacleSchema = z.strictObject({ kind: z.string(), message: z.string() })
export type Obstacle = z.infer<typeof obstacleSchema>

/** What a rollout waits for before it may begin. */
const waitsForSchema = z.discriminatedUnion('kind', [
  /** Its turn: the rollout that is under way on the target, and those that wait before it, oldest first. */
  z.strictObject({ kind: z.literal('turn'), live: z.int().nullable(), ahead: z.array(z.int()) }),
  /** As many as may run at once in its tier do, or will: `before` are those of other targets that come first. */
  z.strictObject({ kind: z.literal('limit'), limit: z.int(), before: z.array(z.int()) }),
  /** Somebody holds the target, or the tier. */
  z.strictObject({ kind: z.literal('hold'), reason: z.string() }),
  /** It cannot be checked now: the fleet does not answer, or the decision cannot be recorded. */
  z.strictObject({ kind: z.literal('answer'), reason: z.string() }),
  /** The plan is another one by now, or something stands in its way: a person must say yes to this one. */
  z.strictObject({ kind: z.literal('yes'), hash: z.string(), obstacles: z.array(obstacleSchema) }),
])
export type WaitsFor = z.infer<typeof waitsForSchema>

export const waitingSchema = z.strictObject({
  for: waitsForSchema,
  /** How to make its plan again. */
  ask: planAskSchema,
  /** What force can pass was passed. */
  force: z.boolean(),
  /** Number of the target's history row from which on a failure came while this rollout waited; none in older records. */
  failuresAfter: z.int().min(0).optional(),
})

/** How far the wanted release is: what the units pull at their next start. */
export const releaseStateSchema = z.strictObject({
  /** `moving`: it was told to name the planned one. `moved`: it was seen to. */
  stage: z.enum(['waiting', 'moving', 'moved']),
  /** How often it was told. */
  calls: z.int().min(0),
  /** The digest that it was seen to name at the end, null for nothing; none while it is not over, and when nobody could look. */
  names: digestSchema.nullable().optional(),
})

/** A failed rollout that is taken back. */
export const rollbackSchema = z.strictObject({
  /** `countdown`: people may still stop it. `stopped`: they did. `going`: it rolls back. */
  stage: z.enum(['countdown', 'stopped', 'going']),
  /** Why the rollout failed, and which instance did first. */
  reason: z.string(),
  unit: z.string().nullable(),
  /** When it begins by itself. */
  dueAt: z.int(),
  /** Who stopped, extended or hurried it last. */
  by: personSchema.nullable(),
  /** Those that were rolled once more after that, since they did not run what it was taken back to. */
  again: z.array(z.string()).default([]),
})
export type InstanceState = z.infer<typeof instanceStateSchema>
type Ending = z.infer<typeof endingSchema>
/** How a rollout that waits leaves the queue without having begun. */
export type Cancelled = Extract<Ending, { kind: 'cancelled' }>
/** How a rollout that has begun ends otherwise than planned. */
export type BegunEnding = Exclude<Ending, Cancelled>
export type Person = z.infer<typeof personSchema>
