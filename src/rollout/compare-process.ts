import type { Proven } from '../domain/instance-watch.ts'
import type { UnitView } from '../ports/scheduler.ts'
import { staysDown, type Look } from './look.ts'
import { isStopped, isUp, reportOf, stateText } from './observation.ts'

/** Tells whether the process that passed the gate still runs. docs/adr/0020 gives the reasons. */

type Verdict =
  | { readonly kind: 'same' }
  /** It is not up, or has not answered yet. */
  | { readonly kind: 'unclear' }
  /** It ended by itself, or somebody ended it on its machine, and a new process began. */
  | { readonly kind: 'restarted'; readonly times: number; readonly how: string }
  | { readonly kind: 'down'; readonly how: string }
  /** fleet itself stopped and started the instance, or moved it. */
  | { readonly kind: 'moved'; readonly how: string }

interface Compared {
  readonly proven: Proven
  readonly verdict: Verdict
}

/** The process as it is seen now. `moved` and `process` are those of a process that just passed its gate. */
export function processOf(unit: string, view: UnitView, look: Look): Proven {
  return {
    identity: identityOf(unit, view, look),
    machine: reportOf(view)?.machine ?? null,
    flaps: view.flaps,
    process: 'runs',
    moved: null,
  }
}

/**
 * A crash leaves the instance's row with its machine: `auto-restart`, `activating`, `failed`, or only another process in the
 * health answer. fleet withdraws the row before it stops or moves an instance (fleetd-orderly-restart, machine-death).
 */
export function compareProcess(unit: string, was: Proven, view: UnitView, look: Look): Compared {
  const moved = was.moved ?? movedBy(was, view)
  const flapped = Math.max(0, view.flaps - was.flaps)
  // A new driver counts from zero.
  const now: Proven = { ...was, moved, flaps: view.flaps }
  if (view.reports.length === 0) return { proven: now, verdict: { kind: 'unclear' } }
  return isUp(view) ? compareRunning(unit, now, flapped, view, look) : compareDown(unit, now, flapped, view, look)
}

function compareDown(unit: string, now: Proven, flapped: number, view: UnitView, look: Look): Compared {
  const how = stateText(view)
  if (now.moved !== null) {
    const verdict: Verdict = staysDown(unit, view, look) ? { kind: 'down', how } : { kind: 'unclear' }
    return { proven: { ...now, process: 'ended' }, verdict }
  }
  const starts = view.reports.some(({ active }) => active === 'activating')
  const times = flapped > 0 ? flapped : starts && now.process !== 'starts' ? 1 : 0
  if (times > 0) {
    return { proven: { ...now, process: 'starts', identity: null }, verdict: { kind: 'restarted', times, how } }
  }
  if (starts) return { proven: now, verdict: { kind: 'unclear' } }
  const down = isStopped(view) && view.sameFor.views >= look.patience.views
  return { proven: { ...now, process: 'ended' }, verdict: down ? { kind: 'down', how } : { kind: 'unclear' } }
}

function compareRunning(unit: string, now: Proven, flapped: number, view: UnitView, look: Look): Compared {
  const identity = identityOf(unit, view, look)
  const differs = identity !== null && now.identity !== null && identity !== now.identity
  const how = differs
    ? `its health answer names another process: ${identity}, and before ${now.identity}`
    : stateText(view)
  if (now.moved !== null) {
    if (now.moved !== 'elsewhere' && now.identity !== null && identity === null) {
      return { proven: now, verdict: { kind: 'unclear' } }
    }
    const same = now.identity !== null ? !differs : now.moved === 'silent' && flapped === 0 && now.process === 'runs'
    if (now.moved !== 'elsewhere' && same) {
      return { proven: { ...now, moved: null, process: 'runs' }, verdict: { kind: 'same' } }
    }
    return { proven: now, verdict: { kind: 'moved', how: movedText(now.moved, view) } }
  }
  const times = flapped > 0 ? flapped : now.process === 'ended' || differs ? 1 : 0
  const proven: Proven = { ...now, process: 'runs', identity: identity ?? (times > 0 ? null : now.identity) }
  return { proven, verdict: times > 0 ? { kind: 'restarted', times, how } : { kind: 'same' } }
}

/** A sign that fleet stopped the instance, or runs it elsewhere. */
function movedBy({ machine }: Proven, view: UnitView): Proven['moved'] {
  const report = reportOf(view)
  // An empty state is the last word of a machine that fleet does not hear of.
  if (report === undefined || report.active === '') return 'unreported'
  if (machine !== null && report.machine !== machine) return 'elsewhere'
  const withdrawn = view.target === null || (view.believed !== null && view.believed !== 'launched')
  return withdrawn && !isUp(view) ? 'stopped' : null
}

function movedText(moved: NonNullable<Proven['moved']>, view: UnitView): string {
  switch (moved) {
    case 'unreported':
      return 'no machine reported it for a while'
    case 'elsewhere':
      return `fleet moved it (now ${stateText(view)})`
    case 'stopped':
      return 'fleet stopped it and started it again'
    case 'silent':
      return 'fleet did not answer for a while, and another process answers now'
  }
}

/** What the health answer of the state that is seen now names as its process; null when no answer came for it. */
function identityOf(unit: string, view: UnitView, look: Look): string | null {
  const health = look.seen.health.get(unit)
  return health?.stateSince === view.sameFor.since && health.last.kind === 'healthy' ? health.last.identity : null
}
