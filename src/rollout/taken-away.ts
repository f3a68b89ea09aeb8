import type { Lost } from '../domain/instance-watch.ts'
import type { InstanceState } from '../domain/rollout.ts'
import type { Draft } from './draft.ts'
import type { Look } from './look.ts'

/** Instances that somebody else destroyed, unloaded or stopped. */

/** How somebody else took it away, seen often enough to be believed; null when nobody did. */
export function takenAway(unit: string, look: Look): Lost | null {
  const view = look.units.get(unit)
  // fleet keeps no trace of it, and this driver never saw it.
  if (view === undefined) {
    return look.moment.monotonic - look.seen.askedAt(unit) >= look.patience.lateMs ? 'destroyed' : null
  }
  if (view.wantedFor < look.patience.wishViews) return null
  switch (view.wanted) {
    case 'launched':
      return null
    case 'loaded':
      return 'stopped'
    case 'inactive':
      return 'unloaded'
    case 'absent':
      return 'destroyed'
  }
}

/** Fails an instance that is not there any more: nothing waits for it. */
export function lose(draft: Draft, unit: string, lost: Lost, when: string): void {
  draft.patch(unit, { lost })
  draft.fail(unit, `${states[lost]}: somebody ${lost} it ${when}`)
}

const states: Readonly<Record<Lost, string>> = {
  destroyed: 'is gone',
  unloaded: 'is on no machine any more',
  stopped: 'does not run any more',
}

/** True once an instance under way was destroyed by somebody else: a start would make it from whatever its template says now. */
export function isDestroyedUnderWay(draft: Draft, { unit, task, stage }: InstanceState, look: Look): boolean {
  // One that is made anew, or added, may not be there yet.
  const made = task === 'replace' || ((task === 'renew' || task === 'add') && ['proving', 'attaching'].includes(stage))
  if (!made || takenAway(unit, look) !== 'destroyed') return false
  lose(draft, unit, 'destroyed', 'while it was under way')
  return true
}
