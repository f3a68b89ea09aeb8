import { z } from 'zod'

/** As `read-options.mjs` hands them over. */
const chaosOptions = z.strictObject({
  rounds: z.int(),
  seed: z.int(),
  /** Members of etcd, and replicas of the bot; null: as the seed says. */
  members: z.union([z.literal(1), z.literal(3)]).nullable(),
  replicas: z.int().nullable(),
  /** Instead of rounds: this many rollouts on many targets, to see which data grows. Null: rounds. */
  soak: z.int().nullable(),
  /** Keep the evidence of every round, also of one that holds. */
  keep: z.boolean(),
  /** File of the report, from the project's folder; null: none is written. */
  out: z.string().nullable(),
})
export type ChaosOptions = z.infer<typeof chaosOptions>

export const parseChaosOptions = (json: string): ChaosOptions => chaosOptions.parse(JSON.parse(json))
