import { z } from 'zod'

/** What a lab is told at its start; everything has been filled in by `startFleet`. */
export const LabConfig = z.strictObject({
  machines: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[0-9a-f]{32}$/, 'a machine id has 32 hex digits'),
        ip: z.string().regex(/^127\.\d+\.\d+\.\d+$/, 'a machine of the lab has a loopback address'),
        metadata: z.record(z.string(), z.string()),
      }),
    )
    .min(1),
  /** Port of the fleet API, the same at every machine's address; 0 takes a free one at each. */
  port: z.number().int().min(0),
  /** Where the control address is bound. */
  control: z.strictObject({ ip: z.string(), port: z.number().int().min(0) }),
  /** Everything that is fleet's, systemd's or fleetctl's delay is multiplied by this. */
  timeScale: z.number().positive(),
  /** Seeds the lags. */
  seed: z.number().int(),
  timing: z.strictObject({
    engineIntervalMs: z.number().positive(),
    agentIntervalMs: z.number().positive(),
    watchPauseMs: z.number().min(0),
    ttlMs: z.number().positive(),
  }),
  /** How often the chronicle looks, in real ms; null keeps none. */
  chronicleEveryMs: z.number().positive().nullable(),
  /** An existing directory for the log and the processes. */
  dir: z.string().min(1),
  /** The environment of every process, before its unit's own. */
  env: z.record(z.string(), z.string()),
  /** Programs that are run in place of others, by full path. */
  aliases: z.record(z.string(), z.string()),
})

export type LabConfig = z.infer<typeof LabConfig>
