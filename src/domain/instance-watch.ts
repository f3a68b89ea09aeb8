import { z } from 'zod'

/** What Opsee saw happen to an instance beside the steps of its rollout. Every part is optional: older records have none. */

/** The process that passed the gate, as far as the engine and the health answer show it. */
const provenSchema = z.strictObject({
  /** The value of the gate's `identity` field; null when no answer named a process. */
  identity: z.string().nullable(),
  /** The id of the machine that ran it; null when no machine reported it. */
  machine: z.string().nullable(),
  /** `UnitView.flaps` when it was last compared. */
  flaps: z.int().min(0),
  /** `ended`: it was seen to end, and no new process was seen. `starts`: a new process was counted, and is not up yet. */
  process: z.enum(['runs', 'ended', 'starts']).default('runs'),
  /** Why the engine itself may have stopped and started the instance since then; null when nothing shows that. */
  moved: z.enum(['unreported', 'elsewhere', 'stopped', 'silent']).nullable().default(null),
})
export type Proven = z.infer<typeof provenSchema>

/** How somebody else took an instance away. `unloaded`: fleet keeps its file, and no machine has it. */
const lostSchema = z.enum(['destroyed', 'unloaded', 'stopped'])
export type Lost = z.infer<typeof lostSchema>

/** A copy of an instance that was not seen to stop, and the machine that ran it. */
export const oldCopySchema = z.strictObject({
  machine: z.string(),
  ip: z.string().nullable(),
  /** Whether its health check still answered there; null when nobody could ask. */
  answers: z.boolean().nullable().default(null),
})
export type OldCopy = z.infer<typeof oldCopySchema>

/** What was seen of an instance in the last look of its rollout. */
const atEndSchema = z.strictObject({
  running: z.boolean(),
  /** In the engine's words. */
  state: z.string(),
  /** The rollout left it alone, and another process runs than when the plan was made. */
  again: z.boolean(),
})

/** The optional fields of an instance's record. */
export const watchFields = {
  /** Set when the instance passed its gate; removed when it must pass it again. */
  proven: provenSchema.optional(),
  /** How often its process ended and began again after it had passed its gate. */
  restarts: z.int().min(0).optional(),
  /** It passed its gate before and must pass it again, which is no progress of the rollout. */
  again: z.boolean().optional(),
  /** The id of the machine that left the cluster with it, once the thread was told of that. */
  machineLeft: z.string().optional(),
  /** Set when somebody else took it away, which ended the rollout. */
  lost: lostSchema.optional(),
  /** The machine that was last seen to run it; null once it was seen stopped. */
  on: z.strictObject({ machine: z.string(), ip: z.string().nullable() }).nullable().optional(),
  copies: z.array(oldCopySchema).optional(),
  atEnd: atEndSchema.optional(),
  /** The wish that was seen to be heeded in this stage: a different one is somebody else's. `gone`: taken away before its turn. */
  heeded: z.enum(['stopping', 'starting', 'gone']).optional(),
}
