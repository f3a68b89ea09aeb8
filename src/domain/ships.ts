import type { Plan } from './plan.ts'
import { releaseName, type Release } from './release.ts'
import { count } from './wording.ts'

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

/**
 * That a deploy of what is wanted anyway ships nothing new, in words; null where it ships something, or nobody can say.
 * `good` is the release that was last rolled out with success: it decides where instances do not say what they run. Pure.
 */
export function onlyRestartText(
  plan: Pick<Plan, 'kind' | 'release' | 'batches'>,
  good: Pick<Release, 'digest'> | null,
): string | null {
  const { kind, release, batches } = plan
  if (kind !== 'deploy' || release === null || release.from !== release.to.digest) return null
  // The tag that is wanted names every release in turn.
  const ofTier = release.at.by === 'tag' && release.to.tag === release.at.tag
  const name = releaseName({ ...release.to, tag: ofTier ? null : release.to.tag })
  const instances = count(batches.flat().length, 'instance')
  if (shipsNothing(plan)) return `nothing new ships: ${name} runs on ${instances} already, so this is only a restart`
  if (release.proof.by !== 'none' || good?.digest !== release.to.digest) return null
  if (batches.flat().some((one) => one.task !== 'replace')) return null
  return `nothing new ships, as far as Opsee knows: ${name} was rolled out before, and the instances do not say what they run. So this is only a restart`
}
