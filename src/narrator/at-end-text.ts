import type { Rollout } from '../domain/rollout.ts'
import { series, shortUnit, words } from '../domain/wording.ts'

/** "2 of 3 run; api@2 does not (inactive/dead on 10.0.0.2).": as seen in the last look, and not as the steps left it. */
export function atEndText({ instances }: Pick<Rollout, 'instances'>): string {
  const seen = instances.flatMap(({ unit, atEnd }) => (atEnd === undefined ? [] : [{ unit, ...atEnd }]))
  if (seen.length === 0) return 'The fleet did not say what runs.'
  const down = seen.filter(({ running }) => !running)
  const again = seen.filter((one) => one.running && one.again).map(({ unit }) => shortUnit(unit))
  const parts = [
    `${seen.length - down.length} of ${seen.length} run`,
    ...(down.length === 0 ? [] : [downText(down)]),
    ...(again.length === 0
      ? []
      : [`${series(again)} ${again.length === 1 ? 'was' : 'were'} restarted, and not by this rollout`]),
  ]
  return `${parts.join('; ')}.`
}

function downText(down: readonly { readonly unit: string; readonly state: string }[]): string {
  const named = down.slice(0, 4).map(({ unit, state }) => `${shortUnit(unit)} does not (${words(state)})`)
  return [...named, ...(down.length > named.length ? [`nor do ${down.length - named.length} more`] : [])].join(', ')
}
