import type { Rollout } from './rollout.ts'
import { shortUnit, words } from './wording.ts'

/**
 * "First to fail: api@2 on 10.0.0.3, seen as inactive/dead → activating/start-pre → failed/failed.": null unless it failed
 * on an instance. A machine is named again where it is another one.
 */
export function firstFailureText({ ending, instances }: Pick<Rollout, 'ending' | 'instances'>): string | null {
  if (ending?.kind !== 'failed' || ending.unit === null) return null
  const one = instances.find(({ unit }) => unit === ending.unit)
  if (one === undefined) return null
  const places = one.seen.flatMap(({ on }) => (on === null ? [] : [on]))
  const last = places.at(-1) ?? one.machine?.ip ?? one.before.ip
  const moved = new Set(places).size > 1
  const states = one.seen.map(({ state, on }, index) =>
    moved && on !== null && on !== one.seen[index - 1]?.on ? `${state} on ${on}` : state,
  )
  const where = last === null ? '' : ` on ${words(last)}`
  const seen = states.length === 0 ? '' : `, seen as ${words(states.join(' → '))}`
  return `First to fail: ${shortUnit(one.unit)}${where}${seen}.`
}
