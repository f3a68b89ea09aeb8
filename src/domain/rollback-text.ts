import { causeText } from './failure-reason.ts'
import { releaseLabel, type Release } from './release.ts'
import type { Rollout } from './rollout.ts'
import { phaseText, words } from './wording.ts'

/** What is said of a release that failed and of the way back. Everything is escaped. */

interface Back {
  /** The release that failed, as people call it. */
  readonly failed: string
  /** The release that it goes back to. */
  readonly to: string
  /** Why it failed, as a sentence. */
  readonly cause: string
}

/** Null as long as it is not rolled back, and when nobody knows of its releases. */
export function backOf({ plan, rollback }: Pick<Rollout, 'plan' | 'rollback'>): Back | null {
  if (rollback === null || plan.release === null || plan.rollback === null) return null
  return {
    failed: words(releaseLabel(plan.release.to)),
    to: words(releaseLabel(plan.rollback.to)),
    cause: causeText(rollback.reason),
  }
}

/**
 * "bartnet production: 2.8.0 failed and was rolled back. bartnet@1 answered HTTP 503 for 1m. All 3 run 2.7.0.": what failed, why, and
 * what runs now. Null for a rollout that was not rolled back to its end.
 */
export function rollbackVerdict(rollout: Rollout): string | null {
  const { plan, phase, ending } = rollout
  const back = backOf(rollout)
  if (back === null || plan.rollback === null || (phase !== 'rolled-back' && phase !== 'rollback-failed')) return null
  const parts = [`${plan.service} ${plan.tier}: ${back.failed} ${phaseText(phase)}.`, back.cause]
  if (phase === 'rollback-failed' && ending?.kind === 'failed') parts.push(`Then: ${causeText(ending.reason)}`)
  if (phase === 'rollback-failed' && ending?.kind === 'aborted') {
    parts.push(`${words(ending.by.name ?? ending.by.id)} aborted it.`)
  }
  return [...parts, runsText(rollout, plan.rollback.to)].join(' ')
}

/** What the instances were last seen to run: "All 3 run 2.7.0.", "2 of 3 run 2.7.0.". */
function runsText({ instances, phase }: Rollout, to: Release): string {
  const label = words(releaseLabel(to))
  const total = instances.length
  const back = instances.filter(({ runs }) => runs === to.digest).length
  const unknown = instances.filter(({ runs }) => runs === null).length
  if (back === total) return total === 1 ? `It runs ${label}.` : `All ${total} run ${label}.`
  if (unknown === total) {
    return phase === 'rolled-back'
      ? `${label} is wanted again; no instance says what it runs.`
      : 'No instance says what it runs.'
  }
  const rest =
    unknown === 0
      ? ''
      : `, and ${unknown} ${unknown === 1 ? 'does' : 'do'} not say what ${unknown === 1 ? 'it runs' : 'they run'}`
  return `${back} of ${total} run ${label}${rest}.`
}
