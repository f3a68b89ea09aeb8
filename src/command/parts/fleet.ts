import type { Catalog } from '../../domain/catalog.ts'
import type { Target } from '../../domain/target.ts'
import { byUnitName, templateOf } from '../../domain/unit-name.ts'
import { series, shortUnit, span, words } from '../../domain/wording.ts'
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

/** Which machines left each of these clusters, when, and what was on them. Escaped. */
export function leftText(views: Views): readonly string[] {
  return [...views].flatMap(([tier, view]) => {
    if (view.kind !== 'known') return []
    return (view.left ?? []).map(({ id, ip, seenAt, missedAt, units }) => {
      const [last, first] = [span(view.endedAt - seenAt), span(view.endedAt - missedAt)]
      // Between two looks far apart, nobody knows when.
      const when = missedAt - seenAt < longApartMs ? `${first} ago` : `between ${last} and ${first} ago`
      const had = units.length === 0 ? 'nothing was on it' : `on it: ${namesOf(units)}`
      return `⚠️ Machine ${words(ip ?? id.slice(0, 8))} left the cluster of ${tier} ${when}; ${words(had)}. What it ran may still run there.`
    })
  })
}

const longApartMs = 15_000

/** The service's instances as the fleet has them, in the order of their numbers. */
function instancesOf(view: ClusterView | undefined, target: Target, catalog: Catalog): readonly UnitView[] {
  if (view?.kind !== 'known') return []
  return byFile(view.units).get(catalog.serviceConfig(target.service).unit) ?? []
}

type KnownView = Extract<ClusterView, { kind: 'known' }>
type Units = KnownView['units']

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

/** One copy that runs, or should run. */
export interface Copy {
  /** The unit's name; of a global unit, with its machine: `proxy.service on 10.0.0.12`. */
  readonly name: string
  /** With the report of its own machine alone. */
  readonly unit: UnitView
}

/** Each instance once. A global unit has a copy on each machine that should run it, and on each that reports it. */
export function copiesOf(view: ClusterView | undefined, target: Target, catalog: Catalog): readonly Copy[] {
  if (view?.kind !== 'known') return []
  return instancesOf(view, target, catalog).flatMap((unit) =>
    unit.global ? globalCopies(unit, view) : [{ name: unit.unit, unit }],
  )
}

function globalCopies(unit: UnitView, { machines }: KnownView): readonly Copy[] {
  const reporting = unit.reports.map((report) => report.machine).filter((id) => machines.has(id))
  const ids = new Set([...(unit.meantFor ?? machines.keys()), ...reporting])
  return [...ids].map((id) => {
    const reports = unit.reports.filter((report) => report.machine === id)
    const ip = machines.get(id)?.ip ?? reports[0]?.ip ?? id.slice(0, 8)
    return { name: `${unit.unit} on ${ip}`, unit: { ...unit, target: id, reports } }
  })
}

/**
 * "2 of 3 running", "0 of 2 running, 1 not wanted running", "fleet has no unit of it": of those that fleet wants running and
 * those that should exist by the rollouts so far.
 */
export function runningText(copies: readonly Copy[], meant: readonly string[]): string {
  const wanted = copies.filter(({ unit }) => unit.wanted === 'launched')
  const idle = copies.filter(({ unit }) => unit.wanted !== 'launched')
  const stopped = idle.filter(({ name }) => meant.includes(name)).map(({ name }) => name)
  const missing = meant.filter((name) => !copies.some((one) => one.name === name))
  const all = wanted.length + stopped.length + missing.length
  if (copies.length + missing.length === 0) return 'fleet has no unit of it'
  const others = idle.length - stopped.length
  return [
    `${wanted.filter(({ unit }) => isRunning(unit)).length} of ${all} running`,
    ...(stopped.length === 0 ? [] : [`${namesOf(stopped)} stopped`]),
    ...(missing.length === 0 ? [] : [`${namesOf(missing)} missing`]),
    ...(others === 0 ? [] : [`${others} not wanted running`]),
  ].join(', ')
}

const namesOf = (units: readonly string[]): string =>
  units.length > 4 ? `${units.length} instances` : series(units.map(shortUnit))

/** `active/running on 10.0.0.11`, as its machines report it. */
export function statesText(unit: UnitView): string {
  const wish = unit.wanted === 'launched' ? '' : ` (wanted: ${unit.wanted})`
  if (unit.reports.length > 0) return `${unit.reports.map(reportText).join(' and ')}${wish}`
  const where =
    unit.target === null
      ? words(unit.misfit ?? 'no machine has it')
      : `no report from machine ${words(unit.target.slice(0, 8))}`
  return `${where}${wish}`
}

const reportText = (report: UnitReport): string => {
  const state = report.active === '' ? 'not heard of' : `${report.active}/${report.sub}`
  return `${words(state)} on ${words(report.ip ?? report.machine.slice(0, 8))}`
}

/** Where it runs, for what is asked by address; null when it runs nowhere that is known. */
export const addressOf = (unit: UnitView): string | null =>
  unit.reports.find((report) => report.active === 'active' && report.ip !== null)?.ip ?? null
