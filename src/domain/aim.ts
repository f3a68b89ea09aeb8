import type { PlannedRelease } from './plan.ts'
import { isTakenBack, type InstanceState, type Rollout } from './rollout.ts'

/** The release that it brings to its instances now: the planned one, or the one of before while it is taken back. */
export function aimOf({ plan, rollback }: Pick<Rollout, 'plan' | 'rollback'>): PlannedRelease | null {
  const { release, rollback: back } = plan
  if (release === null || back === null || !isTakenBack({ rollback })) return release
  return { ...release, from: release.to.digest, to: back.to }
}

/** Those that this rollout is about now: all of them, or, once it is taken back, those that had been changed. */
export const rolledNow = (rollout: Pick<Rollout, 'instances' | 'rollback'>): readonly InstanceState[] =>
  !isTakenBack(rollout) ? rollout.instances : rollout.instances.filter((one) => one.stage !== 'kept')
