import { z } from 'zod'
import { planAskSchema, planSchema, renewsSchema, taskSchema, type Plan } from './plan.ts'

/** One numbered execution of a plan on a target, as the store keeps it. Times are milliseconds since the epoch. */

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

const personSchema = z.strictObject({ id: z.string(), name: z.string().nullable() })

const instanceStateSchema = z.strictObject({
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
  /** Where it came up; null until it was seen running again. */
  machine: z.strictObject({ id: z.string(), ip: z.string().nullable() }).nullable(),
  startedAt: z.int().nullable(),
  finishedAt: z.int().nullable(),
  /** Why it failed, or what it waits for now, in words. */
  note: z.string().nullable(),
  /** What it was seen as since its first call, oldest first, each state once in a row; the last few. Empty once it is well. */
  seen: z.array(z.strictObject({ state: z.string(), on: z.string().nullable() })).default([]),
})

const endingSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('failed'), reason: z.string(), unit: z.string().nullable() }),
  z.strictObject({ kind: z.literal('aborted'), by: personSchema, reason: z.string().nullable() }),
])

/** Why nothing new may begin: a person's wish, to which the rollout has said that it holds. */
const pauseSchema = z.strictObject({
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

const waitingSchema = z.strictObject({
  for: waitsForSchema,
  /** How to make its plan again. */
  ask: planAskSchema,
  /** What force can pass was passed. */
  force: z.boolean(),
})

const phases = ['queued', 'rolling', 'paused', 'succeeded', 'failed', 'aborted'] as const
export const phaseSchema = z.enum(phases)
export type Phase = z.infer<typeof phaseSchema>

export const rolloutSchema = z.strictObject({
  id: z.int().min(1),
  plan: planSchema,
  phase: phaseSchema,
  /** Set once it can only end: what is under way is brought back up, nothing new begins. */
  ending: endingSchema.nullable(),
  instances: z.array(instanceStateSchema).min(1),
  /** Index of the batch that is being rolled. */
  batch: z.int().min(0),
  requestedBy: personSchema,
  /** Who took it over last; null while it is that of who asked for it. */
  takenBy: personSchema.nullable().default(null),
  /** The command as typed. */
  command: z.string(),
  reason: z.string().nullable(),
  /** Where it was asked for. */
  place: z.strictObject({ channel: z.string(), thread: z.string().nullable() }),
  /** Number of the audit record that allowed it. */
  audit: z.int(),
  /** The rollout that this one takes up again; null when none. */
  retryOf: z.int().nullable(),
  /** Services still to be rolled in the same tier after this one succeeded. */
  next: z.array(z.string()),
  typed: typedSchema,
  /** Why it has not begun yet: set exactly while it is queued. */
  waiting: waitingSchema.nullable().default(null),
  createdAt: z.int(),
  /** When it began to roll after it had waited; null while it waits, and when it never had to. */
  begunAt: z.int().nullable().default(null),
  endedAt: z.int().nullable(),
  /** Which process drove it last; null before the first. */
  driver: z.string().nullable(),
  /** Why it cannot go on for now, once that was told; null while it goes on. */
  held: z.strictObject({ by: z.enum(['fleet', 'lock']), reason: z.string() }).nullable(),
  /** The pause that it obeys, told as soon as it was seen; it is `paused` once nothing is under way. Null while it may go on. */
  pause: pauseSchema.nullable().default(null),
  /** Driving time since the last newly healthy instance, in milliseconds: what the progress deadline counts. */
  spentMs: z.int().min(0),
  /** Since when it stands still, once that was told; null while it comes on. */
  stuck: z.int().nullable().default(null),
  /** Number of the last event. */
  seq: z.int().min(0),
})

export type Rollout = z.infer<typeof rolloutSchema>
export type InstanceState = z.infer<typeof instanceStateSchema>
export type Ending = z.infer<typeof endingSchema>
export type Person = z.infer<typeof personSchema>

/** One and the same pause, or none both times. */
export const samePause = (a: Pause | null, b: Pause | null): boolean =>
  a?.kind === b?.kind && a?.at === b?.at && a?.by.id === b?.by.id

/** Whose it is: who is asked and told, and whose own locks do not hold it. */
export const ownerOf = ({ takenBy, requestedBy }: Pick<Rollout, 'takenBy' | 'requestedBy'>): Person =>
  takenBy ?? requestedBy

/** It has begun and not ended: its target is its own, and a process drives it. */
export function holdsItsTarget({ phase }: Pick<Rollout, 'phase'>): boolean {
  switch (phase) {
    case 'rolling':
    case 'paused':
      return true
    case 'queued':
    case 'succeeded':
    case 'failed':
    case 'aborted':
      return false
  }
}

/** It stands in its target's queue, and nothing of it was done. */
export const isWaiting = ({ phase }: Pick<Rollout, 'phase'>): boolean => phase === 'queued'

/** Nothing more comes of it. */
export function isOver({ phase }: Pick<Rollout, 'phase'>): boolean {
  switch (phase) {
    case 'succeeded':
    case 'failed':
    case 'aborted':
      return true
    case 'queued':
    case 'rolling':
    case 'paused':
      return false
  }
}

/** The right that it took when it was asked for, and takes again when its turn has come. */
export const rightTo = ({ plan, retryOf }: Pick<Rollout, 'plan' | 'retryOf'>): Plan['kind'] | 'retry' =>
  retryOf === null ? plan.kind : 'retry'

/** How long it rolled, without the time that it waited; null before its end. In milliseconds. */
export const tookMs = ({ createdAt, begunAt, endedAt }: Pick<Rollout, 'createdAt' | 'begunAt' | 'endedAt'>) =>
  endedAt === null ? null : Math.max(0, endedAt - (begunAt ?? createdAt))

/** Between the first call made for it and the last thing seen of it. */
export function inFlight(instance: Pick<InstanceState, 'stage'>): boolean {
  switch (instance.stage) {
    case 'detaching':
    case 'stopping':
    case 'starting':
    case 'proving':
    case 'attaching':
    case 'removing':
      return true
    case 'waiting':
    case 'done':
    case 'failed':
    case 'kept':
      return false
  }
}
