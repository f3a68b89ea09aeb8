import type { PlannedRelease } from './plan.ts'
import { isTakenBack, type Rollout } from './rollout.ts'

/** The release that it brings to its instances now: the planned one, or the one of before while it is taken back. */
export function aimOf({ plan, rollback }: Pick<Rollout, 'plan' | 'rollback'>): PlannedRelease | null {
  const { release, rollback: back } = plan
  if (release === null || back === null || !isTakenBack({ rollback })) return release
  return { ...release, from: release.to.digest, to: back.to }
}
