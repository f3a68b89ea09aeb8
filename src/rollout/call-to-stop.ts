import type { UnitCall } from './draft.ts'
import { isTaken, mayRepeat, type Look } from './look.ts'

/** What to call now, so that what was told to stop does stop; null while there is only waiting. */
export function callToStop(unit: string, look: Look): UnitCall | null {
  const view = look.units.get(unit)
  if (!isTaken(view)) return missedStop(unit, look) ? { verb: 'start', unit } : null
  // The wish to stop was lost on the way, somebody started it again, or this is the start that a missed stop needed:
  // until the agent has taken that, a stop would be no change to it.
  const heard = view?.believed === 'launched' || sinceAsked(unit, look) >= look.patience.lateMs
  return heard && mayRepeat(unit, look) ? { verb: 'stop', unit } : null
}

/**
 * Its agent says that the stop is done, and its machine that it runs: a fleetd that is killed before it acted on the wish
 * comes back, finds nothing left to do, and leaves it running for good (seen on fleet 1.0.0, as was the way out: a start,
 * and once the agent has taken that, a stop).
 */
function missedStop(unit: string, look: Look): boolean {
  const view = look.units.get(unit)
  if (view?.believed !== 'loaded' || view.sameFor.views < look.patience.views) return false
  if (!view.reports.some(({ active }) => active === 'active')) return false
  const same = look.moment.monotonic - view.sameFor.since
  return Math.min(same, sinceAsked(unit, look)) >= look.patience.graceMs
}

const sinceAsked = (unit: string, look: Look): number => look.moment.monotonic - look.seen.askedAt(unit)
