import type { LastAttempt } from '../../domain/last-attempt.ts'
import type { Target } from '../../domain/target.ts'
import type { Unreadable } from '../../domain/unreadable.ts'
import type { LastGood, Readers } from '../../services/capabilities.ts'
import { faultIn, readable } from './unreadable.ts'

/** The rollouts of a target so far, as far as their records can be read. */
export interface Past {
  readonly good: LastGood | null
  readonly last: LastAttempt | null
  readonly unreadable: readonly Unreadable[]
}

/** Throws `StoreUnavailable`. */
export async function pastOf(target: Target, { rollouts }: Pick<Readers, 'rollouts'>): Promise<Past> {
  const [good, newest] = await Promise.all([
    readable(rollouts.lastGood(target)),
    rollouts.history({ ...target, limit: 1, before: null }),
  ])
  return {
    good: good.kind === 'read' ? good.value : null,
    last: newest.rows[0] ?? null,
    unreadable: [...faultIn(good), ...newest.unreadable],
  }
}
