import type { InstanceState } from '../domain/rollout.ts'
import type { UnitView } from '../ports/scheduler.ts'
import type { Draft } from './draft.ts'
import { staysDown, type Look } from './look.ts'
import { stateText } from './observation.ts'

/** Deals with a unit that was started and is down for good; false while it may still come up. */
export function fellOver(draft: Draft, instance: InstanceState, view: UnitView, look: Look): boolean {
  const { unit } = instance
  if (view.flaps >= look.patience.flaps) {
    draft.fail(unit, `is in a crash loop: systemd restarted it ${view.flaps} times`)
    return true
  }
  if (!staysDown(unit, view, look)) return false
  if (instance.attempt >= 2) {
    draft.fail(unit, `was started twice and did not stay up (${stateText(view)})`)
    return true
  }
  // start does nothing on a failed unit, whose wish is unchanged: stop it first, once.
  draft.stage(unit, 'stopping', `fell over (${stateText(view)}): told to stop, to be started once more`)
  draft.call(unit, { verb: 'stop', unit })
  return true
}
