import type { PlannedPreparation } from '../domain/preparation.ts'
import type { Release } from '../domain/release.ts'

/** Runs the preparation of a rollout on this host: one process, from its start to its surely seen end. */
export interface PreparationRunner {
  /**
   * Starts it, once, and resolves when nothing of it runs any more. `signal` ends it: asked first, then killed. Right before
   * the start, with nothing awaited in between, `mayBegin` is asked; when it says no, nothing is started. Never rejects.
   */
  run(
    order: PreparationOrder,
    bounds: { readonly signal: AbortSignal; readonly mayBegin: () => boolean },
  ): Promise<PreparationEnd>
}

/** What it is told in its environment, beside what is allowed of the bot's own. */
export interface PreparationOrder {
  readonly service: string
  readonly tier: string
  readonly rollout: number
  readonly preparation: Pick<PlannedPreparation, 'command' | 'timeoutMs' | 'env'>
  /** The repository and what is rolled of it; null where nothing is known of releases. */
  readonly release: { readonly image: string; readonly to: Release } | null
}

export type PreparationEnd =
  /** Nothing was run; `reason` is a clause for a person. */
  | { readonly kind: 'not-run'; readonly reason: string }
  /** `dead` is false when it could not even be killed. */
  | ({ readonly kind: 'timeout' | 'ended'; readonly dead: boolean } & Written)
  | ({ readonly kind: 'exit'; readonly code: number } & Written)
  /** By a signal that was not ours. */
  | ({ readonly kind: 'signal'; readonly signal: string } & Written)

interface Written {
  /** From its start to its end, in milliseconds. */
  readonly tookMs: number
  /** The end of what it wrote to stdout and stderr, as it came, without the values of the variables that it was let see. */
  readonly output: string
  /** It had written more before. */
  readonly cut: boolean
}
