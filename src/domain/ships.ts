import type { Plan } from './plan.ts'

/**
 * Every instance of the plan is seen to run the planned release, and to serve: the plan is a restart, and nothing new
 * ships. False where that cannot be seen. Pure.
 */
export function shipsNothing({ release, batches }: Pick<Plan, 'release' | 'batches'>): boolean {
  if (release === null || release.from !== release.to.digest || release.proof.by === 'none') return false
  return batches
    .flat()
    .every((one) => one.task === 'replace' && one.serving && !one.stopped && one.runs === release.to.digest)
}
