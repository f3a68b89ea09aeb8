import { z } from 'zod'

/** A one-off step of a service, such as a migration: a command that runs on the bot's host before anything of a rollout is changed. */

export const plannedPreparationSchema = z.strictObject({
  /** Program and arguments, without a shell; at least the program. */
  command: z.array(z.string()).min(1),
  timeoutMs: z.int().min(1),
  /** Names of variables of the bot's environment that it may see. */
  env: z.array(z.string()),
  /** The rollout that ran it already, which this one takes up; null where it is to be run. */
  doneBy: z.int().nullable(),
})
export type PlannedPreparation = z.infer<typeof plannedPreparationSchema>

/** How far it is. */
export const preparationStateSchema = z.strictObject({
  /** `running` is stored before it is started, and it is started by nobody but the process that stored that. */
  stage: z.enum(['waiting', 'running', 'done', 'failed']),
  /** Which process runs or ran it; null before. */
  driver: z.string().nullable(),
  /** When this stage began, in milliseconds since the epoch. */
  since: z.int(),
})
export type PreparationState = z.infer<typeof preparationStateSchema>

/** The last of what it wrote, redacted, oldest line first. `cut`: there was more before. */
export const outputSchema = z.strictObject({ lines: z.array(z.string()), cut: z.boolean() })
export type Output = z.infer<typeof outputSchema>

/** How it ended otherwise than well. */
export const preparationFaultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exit'), code: z.int() }),
  /** By a signal that was not ours. */
  z.strictObject({ kind: z.literal('signal'), signal: z.string() }),
  /** Ended at its time limit; `dead` is false when even that did not end it. */
  z.strictObject({ kind: z.literal('timeout'), dead: z.boolean() }),
  /** Ended before it was done: the rollout was aborted, or the bot was told to end. */
  z.strictObject({ kind: z.literal('ended'), by: z.enum(['abort', 'stop']), dead: z.boolean() }),
  /** Nothing was run, and `reason` says why. */
  z.strictObject({ kind: z.literal('not-run'), reason: z.string() }),
  /** The process that ran it is gone. It may run on until `until`, in milliseconds since the epoch. */
  z.strictObject({ kind: z.literal('unknown'), driver: z.string().nullable(), until: z.int() }),
])
export type PreparationFault = z.infer<typeof preparationFaultSchema>

/** It runs now, or should. */
export const isPreparing = (rollout: { readonly preparation: PreparationState | null }): boolean =>
  rollout.preparation?.stage === 'running'
