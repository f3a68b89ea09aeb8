import type { Catalog } from '../../domain/catalog.ts'
import type { Target } from '../../domain/target.ts'
import { byUnitName, templateOf } from '../../domain/unit-name.ts'
import { span, words } from '../../domain/wording.ts'
import { isForgotten, type ClusterView, type UnitReport, type UnitView } from '../../ports/scheduler.ts'
import type { Readers } from '../../services/capabilities.ts'

/** How long a look at one fleet may take while a person waits for it, in milliseconds. The rest of an answer waits for it. */
const lookMs = 10_000

export type Views = ReadonlyMap<string, ClusterView>

/** One look at each tier's fleet, side by side. A fleet that is away is `unknown`, with the reason. */
export async function lookAt(tiers: readonly string[], read: Readers, withinMs = lookMs): Promise<Views> {
  const views = await Promise.all(
    [...new Set(tiers)].map(async (tier) => [tier, await read.clusters.of(tier).observe(withinMs)] as const),
  )
  return new Map(views)
}

/** How old may be, for people who look, what is wanted; what runs is always read anew. */
const recent = { wantedWithinMs: 60_000 }

/** As `lookAt`, but quicker where nothing has changed within the last minute: `wantedText` says so. */
export async function glanceAt(tiers: readonly string[], read: Readers): Promise<Views> {
  const views = await Promise.all(
    [...new Set(tiers)].map(
      async (tier) => [tier, await read.clusters.of(tier).observe(lookMs, undefined, recent)] as const,
    ),
  )
  return new Map(views)
}

/** When that was read which was not read anew; nothing where all was. */
export function wantedText(views: Views): readonly string[] {
  return [...views].flatMap(([tier, view]) => {
    if (view.kind !== 'known' || view.wantedAt === undefined) return []
    const age = span(Math.max(1000, view.endedAt - view.wantedAt))
    return [
      `What ${tier} wants running was read ${age} ago; nothing has come, gone, moved, stopped or started there since.`,
    ]
  })
}

/** The service's instances as the fleet has them, in the order of their numbers. */
export function instancesOf(view: ClusterView | undefined, target: Target, catalog: Catalog): readonly UnitView[] {
  if (view?.kind !== 'known') return []
  return byFile(view.units).get(catalog.serviceConfig(target.service).unit) ?? []
}

type Units = Extract<ClusterView, { kind: 'known' }>['units']

const sorted = new WeakMap<Units, ReadonlyMap<string, readonly UnitView[]>>()

/** The units of each unit file, a template or a plain one. Kept with the view: a fleet of thousands is gone through once. */
function byFile(units: Units): ReadonlyMap<string, readonly UnitView[]> {
  const known = sorted.get(units)
  if (known !== undefined) return known
  const files = new Map<string, UnitView[]>()
  for (const one of units.values()) {
    if (isForgotten(one)) continue
    const file = templateOf(one.unit) ?? one.unit
    const others = files.get(file)
    if (others === undefined) files.set(file, [one])
    else others.push(one)
  }
  for (const one of files.values()) one.sort(byUnitName)
  sorted.set(units, files)
  return files
}

export const isRunning = (unit: UnitView): boolean =>
  unit.reports.some((report) => report.active === 'active' && report.sub === 'running')

/** "2 of 3 running", "none running, 1 stopped on purpose", "no unit in fleet". */
export function runningText(units: readonly UnitView[]): string {
  if (units.length === 0) return 'fleet has no unit of it'
  const wanted = units.filter((unit) => unit.wanted === 'launched')
  const idle = units.length - wanted.length
  const rest = idle === 0 ? '' : `, ${idle} not wanted running`
  return `${wanted.filter(isRunning).length} of ${wanted.length} running${rest}`
}

/** `active/running on 10.0.0.11`, as its machines report it. */
export function statesText(unit: UnitView): string {
  const wish = unit.wanted === 'launched' ? '' : ` (wanted: ${unit.wanted})`
  if (unit.reports.length > 0) return `${unit.reports.map(reportText).join(' and ')}${wish}`
  const where = unit.target === null ? 'no machine has it' : `no report from machine ${words(unit.target.slice(0, 8))}`
  return `${where}${wish}`
}

const reportText = (report: UnitReport): string => {
  const state = report.active === '' ? 'not heard of' : `${report.active}/${report.sub}`
  return `${words(state)} on ${words(report.ip ?? report.machine.slice(0, 8))}`
}

/** Where it runs, for what is asked by address; null when it runs nowhere that is known. */
export const addressOf = (unit: UnitView): string | null =>
  unit.reports.find((report) => report.active === 'active' && report.ip !== null)?.ip ?? null
