import { z } from 'zod'
import { planSchema, type Plan } from './plan.ts'
import { preparationStateSchema } from './preparation.ts'
import {
  endingSchema,
  instanceStateSchema,
  pauseSchema,
  personSchema,
  releaseStateSchema,
  rollbackSchema,
  typedSchema,
  waitingSchema,
  type InstanceState,
  type Pause,
  type Person,
} from './rollout-parts.ts'

export { obstacleSchema, stages, stageSchema, typedSchema } from './rollout-parts.ts'
export type {
  BegunEnding,
  Cancelled,
  InstanceState,
  Obstacle,
  Pause,
  Person,
  Stage,
  Typed,
  WaitsFor,
} from './rollout-parts.ts'

/** One numbered execution of a plan on a target, as the store keeps it. Times are milliseconds since the epoch. */

const phases = [
  'queued',
  'rolling',
  'paused',
  'rolling-back',
  'succeeded',
  'failed',
  'aborted',
  'rolled-back',
  'rollback-failed',
  /** It left the queue without having begun. `ending` says why. Statistics do not count it as a failure. */
  'cancelled',
] as const
export const phaseSchema = z.enum(phases)
export type Phase = z.infer<typeof phaseSchema>

export const rolloutSchema = z.strictObject({
  id: z.int().min(1),
  plan: planSchema,
  phase: phaseSchema,
  /** Set once it can only end: what is under way is brought back up, nothing new begins. */
  ending: endingSchema.nullable(),
  /** Where its release stands; null where nothing is known of releases. */
  release: releaseStateSchema.nullable().default(null),
  /** How far what runs before it is; null where there is nothing. */
  preparation: preparationStateSchema.nullable().default(null),
  /** It failed and is taken back, or was about to be; null as long as it is not. */
  rollback: rollbackSchema.nullable().default(null),
  /** A canary that was let go on before its time. */
  canaryPassed: z.boolean().default(false),
  /** The last `continue` that it obeyed, by the number of its audit record. */
  heard: z.int().nullable().default(null),
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
  held: z.strictObject({ by: z.enum(['fleet', 'lock', 'release']), reason: z.string() }).nullable(),
  /** The pause that it obeys, told as soon as it was seen; it is `paused` once nothing is under way. Null while it may go on. */
  pause: pauseSchema.nullable().default(null),
  /** Driving time since the last newly healthy instance, in milliseconds: what the progress deadline counts. */
  spentMs: z.int().min(0),
  /** Since when it stands still, once that was told; null while it comes on. */
  stuck: z.int().nullable().default(null),
  /** What it waits for now, and `spentMs` when that wait began. */
  waits: z.strictObject({ for: z.string(), atMs: z.int() }).optional(),
  /** Number of the last event. */
  seq: z.int().min(0),
})

export type Rollout = z.infer<typeof rolloutSchema>

/** Its phase as long as nobody holds it and it is not over. */
export const underWay = ({ rollback }: Pick<Rollout, 'rollback'>): Phase =>
  rollback === null ? 'rolling' : 'rolling-back'

/** It waits for a time to pass, which a person may shorten or extend: its canary serves, or it is about to be taken back. */
export const goesOnByItself = ({ rollback, plan, batch, canaryPassed, ending, pause }: Rollout): boolean =>
  pause !== null
    ? false
    : rollback === null
      ? ending === null &&
        plan.canary &&
        plan.canarySteadyMs > 0 &&
        plan.batches.length > 1 &&
        batch <= 1 &&
        !canaryPassed
      : rollback.stage === 'countdown'

/** It is taken back now. */
export const isTakenBack = ({ rollback }: Pick<Rollout, 'rollback'>): boolean => rollback?.stage === 'going'

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
    case 'rolling-back':
      return true
    case 'queued':
    case 'succeeded':
    case 'failed':
    case 'aborted':
    case 'rolled-back':
    case 'rollback-failed':
    case 'cancelled':
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
    case 'rolled-back':
    case 'rollback-failed':
    case 'cancelled':
      return true
    case 'queued':
    case 'rolling':
    case 'paused':
    case 'rolling-back':
      return false
  }
}

/** It changed something and did not reach its end as planned. A rollout that was cancelled never began. */
export function hasFailed({ phase }: Pick<Rollout, 'phase'>): boolean {
  switch (phase) {
    case 'failed':
    case 'aborted':
    case 'rolled-back':
    case 'rollback-failed':
      return true
    case 'queued':
    case 'rolling':
    case 'paused':
    case 'rolling-back':
    case 'succeeded':
    case 'cancelled':
      return false
  }
}

/** The right that it took when it was asked for, and takes again when its turn has come. */
export const rightTo = ({ plan, retryOf }: Pick<Rollout, 'plan' | 'retryOf'>): Plan['kind'] | 'retry' =>
  retryOf === null ? plan.kind : 'retry'

/** The tag by which its release was asked for, as the policy was told it; none for a retry. */
export const tagOf = ({ waiting, retryOf }: Pick<Rollout, 'waiting' | 'retryOf'>): string | undefined =>
  retryOf === null ? waiting?.ask.tag : undefined

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
