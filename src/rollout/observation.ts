import type { Output, PreparationFault } from '../domain/preparation.ts'
import type { Pause, Person } from '../domain/rollout.ts'
import type { HealthResult } from '../ports/health.ts'
import type { ClusterView, UnitReport, UnitView } from '../ports/scheduler.ts'

/** All that `decide` may know of the world, taken at one moment. */
export interface Observation {
  /** Its reading began after the last mutating call of this driver had ended. */
  readonly cluster: ClusterView
  /** By unit; none for a unit that was not asked yet. */
  readonly health: ReadonlyMap<string, HealthSeen>
  readonly abort: { readonly by: Person; readonly reason: string | null } | null
  /** Who wants it to be theirs. */
  readonly take: { readonly by: Person; readonly reason: string | null } | null
  /** Nothing new begins while somebody wants it paused, or has stopped its tier. */
  readonly pause: Pause | null
  /** Who took back the pause that it obeys. */
  readonly resumed: { readonly by: Person; readonly reason: string | null } | null
  /** Why nothing new may begin now, in words: locks of others on this target or its tier. */
  readonly holds: readonly string[]
  /** `Clock.monotonic()` of the last call made for the unit; of the driver's own beginning when it made none. */
  readonly askedAt: (unit: string) => number
  /** What the wanted release names; null where nothing is known of releases. */
  readonly wanted: WantedSeen | null
  /** What instances wrote to their keys about the release that they run, by unit; null for nothing. */
  readonly announced: ReadonlyMap<string, string | null>
  /** What becomes of the preparation that this driver started; null when it started none. */
  readonly preparation: PreparationSeen | null
  /** A person's word to go on, now or `forMs` after it was said. */
  readonly go: GoWish | null
  /** What the scheduler's tool said when the last call for a unit failed. */
  readonly refusals: ReadonlyMap<string, string>
}

export interface HealthSeen {
  /** `UnitView.sameFor.since` of the process that was asked: an answer of an earlier process proves nothing. */
  readonly stateSince: number
  /** How often in a row it passed, or failed. */
  readonly passes: number
  readonly fails: number
  readonly last: HealthResult
  /** The answers in this state named more than one process: how many more, and `Clock.monotonic()` of the last change. */
  readonly changed?: { readonly times: number; readonly at: number }
}

export type PreparationSeen =
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly tookMs: number; readonly output: Output }
  | {
      readonly kind: 'failed'
      readonly fault: PreparationFault
      readonly tookMs: number | null
      readonly output: Output
    }

export type WantedSeen =
  /** `about` says for people what a digest is that nobody expected. */
  | { readonly kind: 'known'; readonly digest: string | null; readonly about: string | null }
  | { readonly kind: 'unknown'; readonly reason: string }

interface GoWish {
  readonly by: Person
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly forMs: number
  /** Number of its audit record: tells one from the next. */
  readonly audit: number
}

/** Now, on both clocks, and how long the rollout has gone without progress. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly wall: number
  /** `Clock.monotonic()`. */
  readonly monotonic: number
  /** Driving time since the last newly healthy instance. */
  readonly spentMs: number
}

/** How long things may take that nobody can hurry. All in milliseconds, but `flaps` and `views`. */
export interface Patience {
  /** A state counts when seen in so many complete views in a row. */
  readonly views: number
  /** Looks in a row that must agree before it is believed that somebody else stopped or destroyed an instance. */
  readonly wishViews: number
  /** After a call, this long for the scheduler to show anything new before an old state counts as the answer. */
  readonly graceMs: number
  /** A unit without any report is believed stopped after this long, when its machine has left the cluster. */
  readonly goneMs: number
  /** A wish that was not taken is asked again after this long. */
  readonly repeatMs: number
  /** A call that was killed may still be heard: so long after it, what runs unstopped surely stays. */
  readonly lateMs: number
  /** A wanted unit that is `inactive/dead` may be on its way up again by itself: down for good only after this long. */
  readonly deadMs: number
  /** So many restarts by systemd itself are a crash loop. */
  readonly flaps: number
  /** The scheduler may be silent this long before the thread hears of it. */
  readonly silenceMs: number
  /** Without a newly healthy instance for this long, the thread hears what it waits for. */
  readonly stuckMs: number
}

/**
 * fleet shows a change after 0.3 to 6 s, a new row after 2.5 to 4 s and, with 3,000 units, a list after 19 s; a lost
 * machine's units move after its TTL of 30 s. Source: three-machine measurements of fleet 1.0.0.
 */
export const defaultPatience: Patience = {
  views: 2,
  wishViews: 5,
  graceMs: 30_000,
  goneMs: 60_000,
  repeatMs: 3000,
  lateMs: 10_000,
  deadMs: 10_000,
  flaps: 3,
  silenceMs: 15_000,
  stuckMs: 60_000,
}

/** Runs, on exactly one machine, by what its machine says, and is wanted. */
export function isUp(unit: UnitView | undefined): boolean {
  return unit !== undefined && unit.wanted === 'launched' && isRunning(unit)
}

/** A sidekick may be a oneshot that did its work and remains `exited`. */
export function isSidekickUp(unit: UnitView | undefined): boolean {
  if (isUp(unit)) return true
  const [report, ...others] = unit?.reports.filter((one) => !isDead(one)) ?? []
  return unit?.wanted === 'launched' && others.length === 0 && report?.active === 'active' && report.sub === 'exited'
}

/**
 * The report that tells where a unit is. One that moved has a second for a while, dead where it was before
 * (overlap-slow-stop), in no order. Undefined when no machine reports it.
 */
export const reportOf = (unit: UnitView): UnitReport | undefined =>
  unit.reports.find((report) => !isDead(report)) ?? unit.reports[0]

function isRunning(unit: UnitView): boolean {
  const live = unit.reports.filter((report) => !isDead(report))
  return live.length === 1 && live[0]?.active === 'active' && live[0].sub === 'running'
}

/** Every machine that reports it says that its processes are gone; `failed` is a stopped unit too. No report is not that. */
export function isStopped(unit: UnitView | undefined): boolean {
  return unit !== undefined && unit.reports.length > 0 && unit.reports.every(isDead)
}

export const isDead = (report: { readonly active: string; readonly sub: string }): boolean =>
  (report.active === 'inactive' && report.sub === 'dead') || (report.active === 'failed' && report.sub === 'failed')

/** The one state that stands for all reports of it, and the machine's address, as a record keeps them. */
export function seenAs(unit: UnitView | undefined): { state: string; on: string | null } {
  const report = unit === undefined ? undefined : reportOf(unit)
  if (report === undefined) return { state: stateText(unit), on: null }
  return {
    state: `${report.active || 'unknown'}/${report.sub || 'unknown'}`,
    on: report.ip ?? report.machine.slice(0, 8),
  }
}

/** `active/running on 10.0.0.3`, `no machine reports it`, … */
export function stateText(unit: UnitView | undefined): string {
  if (unit === undefined) return 'fleet does not know it'
  if (unit.reports.length === 0) {
    return unit.target === null && unit.wanted !== 'inactive' && unit.wanted !== 'absent'
      ? (unit.misfit ?? 'no machine has room for it')
      : 'no machine reports it'
  }
  return unit.reports
    .map(
      (report) =>
        `${report.active || 'unknown'}/${report.sub || 'unknown'} on ${report.ip ?? report.machine.slice(0, 8)}`,
    )
    .join(' and ')
}
