import type { HistoryRow } from './history.ts'
import type { Rollout } from './rollout.ts'

/** The release that a target ran before its last change, as the rollouts themselves recorded it. Pure. */

/** Rows of rollouts that may have changed the release, newest first. Cancelled and rolled-back ones left what was there. */
export const mayHaveChanged = ({ phase, kind, release }: Pick<HistoryRow, 'phase' | 'kind' | 'release'>): boolean =>
  release !== null && kind !== 'scale' && phase !== 'cancelled' && phase !== 'rolled-back'

/** Whether the rollout brought a release that did not run everywhere before, and got as far as changing something. */
export function changedRelease({ plan, release, instances }: Pick<Rollout, 'plan' | 'release' | 'instances'>): boolean {
  if (plan.release === null || release === null) return false
  const { from, to } = plan.release
  const other = plan.batches.flat().some(({ runs }) => runs !== null && runs !== to.digest)
  const begun = release.stage !== 'waiting' || instances.some(({ calls }) => calls > 0)
  return begun && (from !== to.digest || other)
}

/** The digest that every instance ran, while it served, when the rollout was planned; null where they differ or did not say. */
export function ranEverywhere({ plan }: Pick<Rollout, 'plan'>): string | null {
  const planned = plan.batches.flat().filter(({ task }) => task !== 'add')
  const [first] = planned
  const digest = first?.runs ?? null
  const agree = planned.every(({ runs, serving, stopped }) => runs === digest && serving && !stopped)
  if (digest !== null && agree && plan.others.length === 0 && digest !== plan.release?.to.digest) return digest
  // The planner saw all of them run that, and kept it to roll back to.
  return plan.rollback !== null && plan.rollback.id === null ? plan.rollback.to.digest : null
}

/** Whether a rollout of this release failed, in rows that are newer than the one at `index`. */
export const failedSince = (
  rows: readonly Pick<HistoryRow, 'phase' | 'release'>[],
  index: number,
  digest: string,
): boolean =>
  rows
    .slice(0, index)
    .some(
      ({ phase, release }) =>
        release?.digest === digest && (phase === 'failed' || phase === 'rolled-back' || phase === 'rollback-failed'),
    )
