import type { LeftMachine, UnitView } from '../ports/scheduler.ts'
import { isStopped, type Moment, type Observation, type Patience } from './observation.ts'

/** What one look at one instance can use. */
export interface Look {
  readonly seen: Observation
  readonly units: ReadonlyMap<string, UnitView>
  readonly machines: ReadonlySet<string>
  /** Machines that left the cluster while this process looked. */
  readonly left: readonly LeftMachine[]
  /** Content hash of each template that the scheduler has. */
  readonly templates: ReadonlyMap<string, string>
  readonly moment: Moment
  readonly patience: Patience
}

/** Nothing of it runs any more, seen often enough to be believed. */
export function gone(unit: string, look: Look): boolean {
  const view = look.units.get(unit)
  // The scheduler keeps a unit that vanished from its lists in view for a while; this one was never heard of.
  if (view === undefined) return true
  if (isTaken(view) || view.sameFor.views < look.patience.views) return false
  // A unit that was down before is down in its old report too: only its agent's word shows that the stop was acted on,
  // and a start before that reaches the agent as no change at all.
  if (isStopped(view)) return view.believed !== 'launched'
  // A missing row is not a stopped unit. Only a machine that left the cluster long ago took its processes with it.
  const machineLeft = view.target === null || !look.machines.has(view.target)
  return view.reports.length === 0 && machineLeft && look.moment.monotonic - view.sameFor.since >= look.patience.goneMs
}

/** It has looked the same for so long that what it is counts. */
export const isSteady = (view: UnitView, settleMs: number, { moment, patience }: Look): boolean =>
  view.sameFor.views >= patience.views && moment.monotonic - view.sameFor.since >= settleMs

/** Milliseconds since the epoch of a `Clock.monotonic()` of this process. */
export const wallOf = (monotonic: number, { moment }: Pick<Look, 'moment'>): number =>
  Math.round(moment.wall - Math.max(0, moment.monotonic - monotonic))

/** It is wanted running, as far as the scheduler knows. */
export const isTaken = (view: UnitView | undefined): boolean => view?.wanted === 'launched'

export function refusal(unit: string, look: Look): string {
  const said = look.seen.refusals.get(unit)
  return said === undefined ? '' : `: ${said}`
}

export const mayRepeat = (unit: string, look: Look): boolean =>
  look.moment.monotonic - look.seen.askedAt(unit) >= look.patience.repeatMs

/** A call that was made for it may not have been taken yet. Half a deadline is waited at the most. */
export const mayBeHeardLate = (unit: string, look: Look, plan: { readonly progressDeadlineMs: number }): boolean =>
  look.moment.monotonic - look.seen.askedAt(unit) < Math.min(look.patience.lateMs, plan.progressDeadlineMs / 2)

/** What is seen of a unit is what came of the last call for it, and not a state of before. */
function isAnswer(unit: string, view: UnitView, look: Look): boolean {
  if (view.sameFor.views < look.patience.views) return false
  const asked = look.seen.askedAt(unit)
  return view.sameFor.since > asked || look.moment.monotonic - asked >= look.patience.graceMs
}

/**
 * It is down after what it was told, and will not come up by itself. A unit that fleet has just given to a machine is dead until
 * the machine acts on the wish, and a fleetd that is restarted in order stops its units and starts them again: that is no fall.
 */
export function staysDown(unit: string, view: UnitView, look: Look): boolean {
  if (!isStopped(view) || !isAnswer(unit, view, look)) return false
  const failed = view.reports.some((report) => report.active === 'failed')
  return failed || look.moment.monotonic - view.sameFor.since >= look.patience.deadMs
}
