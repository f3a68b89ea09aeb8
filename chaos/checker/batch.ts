import { callsIn, mainProcess, type Call } from './calls.ts'
import { clockText, type Evidence, type Violation } from './evidence.ts'
import { rolloutAt, versionsAt } from './recorded-first.ts'
import { isMissing, type Story } from './story.ts'

/**
 * Invariant 2: no more instances are unavailable than the plan's batch allows, counting those that were already down. An instance
 * is unavailable from its stop, or its sidekick's stop, until it has a new process; and when it has had no process for so long
 * that everybody knows.
 */
export function withinBatch(evidence: Evidence, stories: readonly Story[]): Violation[] {
  return [...new Set(stories.map(({ tier }) => tier))].flatMap((tier) => {
    const fleet = evidence.fleet.filter((line) => line.tier === tier)
    const there = stories.filter((story) => story.tier === tier)
    return withinBatchOfTier({ ...evidence, fleet }, there)
  })
}

function withinBatchOfTier(evidence: Evidence, stories: readonly Story[]): Violation[] {
  const found: Violation[] = []
  const processes = new Map<string, number>()
  const downSince = new Map<string, number>()
  const told = new Set<string>()
  const mainOf = new Map(stories.flatMap((story) => [...story.mainOf]))
  const steps: ({ readonly at: number } & (
    { readonly call: Call } | { readonly unit: string; readonly up: boolean }
  ))[] = []
  for (const line of evidence.fleet) {
    const up = mainProcess(line)
    if (up !== null && line.unit !== undefined) steps.push({ at: line.at, unit: line.unit, up })
  }
  for (const call of callsIn(evidence)) if (call.heededAt !== null) steps.push({ at: call.heededAt, call })
  for (const step of steps.sort((a, b) => a.at - b.at)) {
    if ('unit' in step) {
      const count = Math.max(0, (processes.get(step.unit) ?? 0) + (step.up ? 1 : -1))
      processes.set(step.unit, count)
      if (step.up) {
        downSince.delete(step.unit)
        const main = mainOf.get(step.unit) ?? step.unit
        if ((processes.get(main) ?? 0) > 0 || !processes.has(main)) told.delete(main)
      } else if (count === 0) downSince.set(step.unit, step.at)
      continue
    }
    const { call, at } = step
    if (call.verb !== 'stop' && call.verb !== 'unload' && call.verb !== 'destroy') continue
    const story = rolloutAt(stories, call)
    const unit = story?.mainOf.get(call.unit)
    if (story === null || unit === undefined) continue
    const knownDown = (unit: string): boolean => at - (downSince.get(unit) ?? Infinity) >= evidence.lagMs
    const missing = missingAt(story, at)
    const away = [...story.mains, ...story.others].filter(
      (one) => one !== unit && !missing.has(one) && (told.has(one) || knownDown(one)),
    )
    const takesAway = !told.has(unit) && !downSince.has(unit)
    told.add(unit)
    if (!takesAway || away.length + 1 <= story.atOnce) continue
    const message = `${unit} was taken away at ${clockText(at)} while ${away.join(', ')} ${away.length === 1 ? 'was' : 'were'} away: the plan allows ${story.atOnce}`
    found.push({ invariant: 2, rollout: story.id, message })
  }
  return found
}

/** Instances that a scale has not added yet, or has removed. */
const missingAt = (story: Story, at: number): ReadonlySet<string> =>
  new Set((versionsAt(story, at).at(-1)?.is.instances ?? []).filter(isMissing).map(({ unit }) => unit))
