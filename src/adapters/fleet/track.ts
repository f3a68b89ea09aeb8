import type { ClusterView, LeftMachine, UnitReport, UnitView } from '../../ports/scheduler.ts'
import type { Seen, SeenUnit } from './view.ts'

export type KnownView = Extract<ClusterView, { kind: 'known' }>

/** Milliseconds without a look after which a row of same looks is begun anew: nothing was seen in between. */
const maxGapMs = 5_000

/** Milliseconds that a unit stays in view after it has vanished from the lists. */
const keptMs = 180_000

/** Adds to what was seen what the series shows: how long each unit has been the same, and how often it flapped. */
export function track(
  previous: KnownView | null,
  seen: Seen,
  at: { readonly startedAt: number; readonly endedAt: number },
): KnownView {
  const watched = previous !== null && at.startedAt - previous.endedAt <= maxGapMs
  const units = new Map<string, UnitView>()
  for (const [name, unit] of seen.units) {
    const before = previous?.units.get(name)
    const same = watched && before !== undefined && fingerprint(before.reports) === fingerprint(unit.reports)
    const sameFor = same
      ? { views: before.sameFor.views + 1, since: before.sameFor.since }
      : { views: 1, since: at.endedAt }
    const wantedFor = watched && before?.wanted === unit.wanted ? before.wantedFor + 1 : 1
    units.set(name, { ...unit, sameFor, wantedFor, flaps: flaps(before, unit) })
  }
  if (previous !== null) for (const [name, unit] of vanished(previous, seen, at.endedAt)) units.set(name, unit)
  const { machines, templates, misfits } = seen
  const left = machinesLeft(previous, seen, at.startedAt)
  return {
    kind: 'known',
    ...at,
    machines,
    units,
    templates,
    ...(misfits === undefined ? {} : { misfits }),
    ...(left.length === 0 ? {} : { left }),
  }
}

/** Machines that left are remembered for so many milliseconds, and no more than so many. */
const leftMs = 7 * 24 * 3_600_000
const mostLeft = 50

/** One that comes back has not left. */
function machinesLeft(previous: KnownView | null, seen: Seen, now: number): readonly LeftMachine[] {
  if (previous === null) return []
  const gone = [...previous.machines.values()].filter(({ id }) => !seen.machines.has(id))
  const fresh = gone.map(({ id, ip }): LeftMachine => {
    const was = [...previous.units.values()].filter(
      ({ target, reports }) => target === id || reports.some((report) => report.machine === id),
    )
    return { id, ip, seenAt: previous.endedAt, missedAt: now, units: was.map(({ unit }) => unit) }
  })
  const known = (previous.left ?? []).filter(({ id, missedAt }) => !seen.machines.has(id) && now - missedAt < leftMs)
  return [...fresh, ...known].slice(0, mostLeft)
}

/**
 * What is in neither list any more stays in view for a while, wanted by nobody and reported by none: a list that lacks
 * a unit once is no proof that the unit is gone.
 */
function* vanished(previous: KnownView, seen: Seen, endedAt: number): Generator<[string, UnitView]> {
  for (const [name, before] of previous.units) {
    if (seen.units.has(name)) continue
    const first = before.wanted !== 'absent' || before.reports.length > 0
    const sameFor = first ? { views: 1, since: endedAt } : { ...before.sameFor, views: before.sameFor.views + 1 }
    if (endedAt - sameFor.since > keptMs) continue
    const wantedFor = before.wanted === 'absent' ? before.wantedFor + 1 : 1
    const gone = { wanted: 'absent', believed: null, hash: null, target: null, reports: [] } as const
    const { misfit: _, ...rest } = before
    yield [name, { ...rest, ...gone, sameFor, wantedFor }]
  }
}

/**
 * What dies at once is seldom seen running: whatever it was, its process had ended when systemd waits to start it again. With a
 * short RestartSec that wait is seldom seen either, but the start that follows it is.
 */
function flaps(before: UnitView | undefined, unit: SeenUnit): number {
  if (before === undefined || isStopped(unit.reports)) return 0
  const fell = unit.reports.some((report) => {
    const last = reportAt(before.reports, report.machine)
    if (last === undefined || last.sub === '') return false
    const waits = report.sub === 'auto-restart' && last.sub !== 'auto-restart'
    return waits || (report.active === 'activating' && last.active === 'active')
  })
  return before.flaps + (fell ? 1 : 0)
}

/** `failed` is a stopped unit too: what TimeoutStopSec kills ends so (slow-stop). */
function isStopped(reports: readonly UnitReport[]): boolean {
  return reports.length > 0 && reports.every(({ active }) => active === 'inactive' || active === 'failed')
}

function reportAt(reports: readonly UnitReport[], machine: string): UnitReport | undefined {
  return reports.find((report) => report.machine === machine)
}

function fingerprint(reports: readonly UnitReport[]): string {
  const lines = reports.map(({ machine, ip, load, active, sub, hash }) =>
    [machine, ip, load, active, sub, hash].join(' '),
  )
  return lines.sort().join('\n')
}
