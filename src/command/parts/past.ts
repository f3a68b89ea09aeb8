import type { LastAttempt } from '../../domain/last-attempt.ts'
import type { Meant } from '../../domain/meant.ts'
import type { Target } from '../../domain/target.ts'
import type { Unreadable } from '../../domain/unreadable.ts'
import type { LastGood, Readers } from '../../services/capabilities.ts'
import { faultIn, readable } from './unreadable.ts'

/** The rollouts of a target so far, as far as their records can be read. */
export interface Past {
  readonly good: LastGood | null
  readonly last: LastAttempt | null
  /** The instances that should exist; null when nobody knows. */
  readonly meant: Meant | null
  readonly unreadable: readonly Unreadable[]
}

/** Throws `StoreUnavailable`. */
export async function pastOf(target: Target, { rollouts }: Pick<Readers, 'rollouts'>): Promise<Past> {
  const [good, left] = await Promise.all([readable(rollouts.lastGood(target)), rollouts.left(target)])
  return {
    good: good.kind === 'read' ? good.value : null,
    last: left.ended,
    meant: left.meant,
    unreadable: [...faultIn(good), ...left.unreadable],
  }
}
