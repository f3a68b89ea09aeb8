import { callsIn, mainProcess, type Call } from './calls.ts'
import { clockText, type Evidence, type Violation } from './evidence.ts'
import { rolloutAt } from './recorded-first.ts'
import type { Story } from './story.ts'

/**
 * Invariant 2: no more instances are away than the plan's batch allows, counting those that were already down. Away is what
 * was told to stop and has no new process yet, whatever else is known of it, and what has had no process for so long
 * that everybody knows.
 */
export function withinBatch(evidence: Evidence, stories: readonly Story[]): Violation[] {
  const found: Violation[] = []
  const processes = new Map<string, number>()
  const downSince = new Map<string, number>()
  const told = new Set<string>()
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
        told.delete(step.unit)
      } else if (count === 0) downSince.set(step.unit, step.at)
      continue
    }
    const { call, at } = step
    if (call.verb !== 'stop' && call.verb !== 'unload' && call.verb !== 'destroy') continue
    const story = rolloutAt(stories, call)
    if (story === null || story.mainOf.get(call.unit) !== call.unit) continue
    const knownDown = (unit: string): boolean => at - (downSince.get(unit) ?? Infinity) >= evidence.lagMs
    const away = [...story.mains, ...story.others].filter(
      (unit) => unit !== call.unit && (told.has(unit) || knownDown(unit)),
    )
    const takesAway = !told.has(call.unit) && !downSince.has(call.unit)
    told.add(call.unit)
    if (!takesAway || away.length + 1 <= story.atOnce) continue
    const message = `${call.unit} was stopped at ${clockText(at)} while ${away.join(', ')} ${away.length === 1 ? 'was' : 'were'} away: the plan allows ${story.atOnce}`
    found.push({ invariant: 2, rollout: story.id, message })
  }
  return found
}
