import type { PlannedPreparation } from '../../domain/preparation.ts'

/** What preparations are run with on this host. */
export interface PreparationOptions {
  /** The preparation of each service, as the configuration of this process has it: nothing else is run. */
  readonly preparations: ReadonlyMap<string, Pick<PlannedPreparation, 'command' | 'timeoutMs' | 'env'>>
  /** Where it runs, and what a path of a program is relative to: the folder of the configuration. Absolute. */
  readonly folder: string
  /** The bot's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds between the request to end and the kill. Default 3000. */
  readonly graceMs?: number
}
