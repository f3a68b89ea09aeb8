import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Fleet, Instance } from '../../../demo/fleet/start.ts'
import type { Shop } from './shop.ts'

/** What really happened, by the stand-in fleet's own log, which the bot never sees. */

const line = z.object({
  at: z.number(),
  action: z.string(),
  unit: z.string().optional(),
  pid: z.number().optional(),
  detail: z.unknown().optional(),
})
type Line = z.infer<typeof line>
const argumentsOf = z.object({ verb: z.string(), argv: z.array(z.string()) })
const execution = z.object({ kind: z.string() })

export function fleetOf(shop: Shop, tier: 'staging' | 'production'): Fleet {
  const fleet = shop.shop.fleets.get(tier)
  if (fleet === undefined) throw new Error(`there is no fleet ${tier}`)
  return fleet
}

export async function witnessed(fleet: Fleet, since: number): Promise<readonly Line[]> {
  const text = await readFile(fleet.log, 'utf8')
  const lines = text.split('\n').filter((one) => one.endsWith('}'))
  return lines.map((one) => line.parse(JSON.parse(one))).filter(({ at }) => at >= since)
}

/** The verbs that fleetctl was called with, of those that change something, with their units. */
export const changesIn = (lines: readonly Line[]): readonly string[] =>
  lines.flatMap(({ action, detail }) => {
    if (action !== 'call') return []
    const { verb, argv } = argumentsOf.parse(detail)
    return ['stop', 'start', 'load', 'unload', 'destroy', 'submit'].includes(verb) ? [argv.join(' ')] : []
  })

/** How often the main process of each unit was started. */
export function startsIn(lines: readonly Line[], service: string): ReadonlyMap<string, number> {
  const starts = new Map<string, number>()
  for (const { unit = '', action, detail } of lines) {
    if (action !== 'exec-start' || !belongs(unit, service) || kindOf(detail) !== 'main') continue
    starts.set(unit, (starts.get(unit) ?? 0) + 1)
  }
  return starts
}

/** The most instances of a service that were without a main process at one time. */
export function mostAway(lines: readonly Line[], service: string): number {
  const away = new Set<string>()
  let most = 0
  for (const { unit = '', action, detail } of lines) {
    if (!belongs(unit, service) || kindOf(detail) !== 'main') continue
    if (action === 'exited') away.add(unit)
    if (action === 'exec-start') away.delete(unit)
    most = Math.max(most, away.size)
  }
  return most
}

/** When a unit's main process ended, and was started, last. Both must have happened. */
export function momentsOf(lines: readonly Line[], name: string): { readonly exited: number; readonly started: number } {
  const last = (action: string): number => {
    const found = lines.findLast((one) => one.unit === name && one.action === action && kindOf(one.detail) === 'main')
    if (found === undefined) throw new Error(`${name}: no ${action}`)
    return found.at
  }
  return { exited: last('exited'), started: last('exec-start') }
}

const belongs = (unit: string, service: string): boolean =>
  unit.startsWith(`${service}@`) || unit === `${service}.service`

const kindOf = (detail: unknown): string => {
  const parsed = execution.safeParse(detail)
  return parsed.success ? parsed.data.kind : ''
}

/** What runs of a service, by unit. */
export async function running(fleet: Fleet, service: string): Promise<ReadonlyMap<string, Instance>> {
  const instances = (await fleet.instances()).filter(
    ({ unit, sub, pid }) => belongs(unit, service) && sub === 'running' && pid !== null,
  )
  return new Map(instances.map((one) => [one.unit, one]))
}
