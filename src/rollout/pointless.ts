import type { Blocker, Plan } from '../domain/plan.ts'
import { releaseName } from '../domain/release.ts'
import type { Rollout } from '../domain/rollout.ts'
import { shipsNothing } from '../domain/ships.ts'
import { count } from '../domain/wording.ts'

/**
 * Why a rollout that waits has nothing more to do, in words; null when it has. A restart is never pointless, and neither
 * is a deploy that was a restart from the beginning. `left` is what stands in the way. Pure.
 */
export function pointlessNow(rollout: Rollout, plan: Plan, left: readonly Blocker[]): string | null {
  const { release, kind } = plan
  if (release === null || kind === 'restart' || kind === 'scale') return null
  const instances = count(plan.batches.flat().length, 'instance')
  const blocked = left.some((one) => one.kind === 'there-already')
  if (blocked && release.proof.by === 'none') {
    return `${releaseName(release.to)} was rolled out by then, as far as Opsee knows: the instances do not say what they run`
  }
  const became = shipsNothing(plan) && !shipsNothing(rollout.plan) && rollout.waiting?.force !== true
  return blocked || became ? `${releaseName(release.to)} runs on ${instances} already` : null
}
