import type { InstanceState } from '../domain/rollout.ts'
import type { UnitView } from '../ports/scheduler.ts'
import type { Draft, UnitCall } from './draft.ts'
import { callToStop } from './call-to-stop.ts'
import { compareProcess } from './compare-process.ts'
import { gone, isTaken, mayBeHeardLate, mayRepeat, staysDown, wallOf, type Look } from './look.ts'
import { noteStopped } from './outside.ts'
import { hasNoMachine } from './step-removal.ts'
import { isSidekickUp, isUp, stateText } from './observation.ts'
import { wrongContent } from './unit-files.ts'

/** The two ends of an instance's way: its sidekicks go down before it, and come up after it. */

/** Once none of them runs any more, the instance itself is told to stop. */
export function detach(draft: Draft, instance: InstanceState, look: Look): void {
  const left = instance.sidekicks.filter((one) => !gone(one, look) && !hasNoMachine(one, look))
  if (left.length === 0) {
    draft.stage(instance.unit, 'stopping', 'told to stop')
    draft.call(instance.unit, { verb: 'stop', unit: instance.unit })
    return
  }
  for (const sidekick of left) {
    const again = callToStop(sidekick, look)
    if (again !== null) draft.call(instance.unit, again)
  }
  draft.note(instance.unit, `waits for ${left.join(', ')} to stop (${stateText(look.units.get(left[0] ?? ''))})`)
}

/** Why it has to be started again. */
export const noLongerWanted = (instance: InstanceState): string =>
  instance.replaced
    ? 'is no longer wanted, so somebody stopped it: told to start again'
    : 'is no longer wanted, so the stop was heard late, or somebody else stopped it: told to start again'

/** Its sidekicks come up, and with them it is finished. */
export function attach(draft: Draft, instance: InstanceState, look: Look, reason: string): void {
  const missing = instance.sidekicks.filter((one) => look.units.get(one)?.wanted !== 'launched')
  const allUp = [instance.unit, ...instance.sidekicks].every((one) => isSidekickUp(look.units.get(one)))
  if (missing.length === 0 && allUp && !mayStillStop(draft, instance, look)) {
    finish(draft, instance, look, reason)
    return
  }
  draft.stage(
    instance.unit,
    'attaching',
    missing.length === 0 ? reason : `${reason}; its sidekicks were told to start (${missing.join(', ')})`,
  )
  draft.call(instance.unit, ...missing.map((one): UnitCall => ({ verb: 'start', unit: one })))
}

export function attachedYet(draft: Draft, instance: InstanceState, look: Look): void {
  const main = look.units.get(instance.unit)
  if (!isTaken(main)) {
    noteStopped(draft, instance, look)
    draft.stage(instance.unit, 'starting', noLongerWanted(instance))
    draft.call(instance.unit, { verb: 'start', unit: instance.unit })
    return
  }
  if (main === undefined || !isUp(main)) {
    draft.stage(instance.unit, 'proving', `does not run any more (${stateText(main)}), and must prove itself again`)
    return
  }
  const other = anotherProcess(instance, main, look)
  if (other !== null) {
    draft.stage(instance.unit, 'proving', `${other}: it must pass its gate again`, { proven: undefined })
    return
  }
  const waitsFor = instance.sidekicks.filter((one) => !isSidekickUp(look.units.get(one)))
  if (waitsFor.length === 0 && mayStillStop(draft, instance, look)) {
    draft.note(instance.unit, 'runs, and must do so for a while: what was told to stop may still hear it')
    return
  }
  if (waitsFor.length === 0) {
    for (const one of instance.replaced ? instance.sidekicks : []) {
      const view = look.units.get(one)
      const wrong = view === undefined ? null : wrongContent(one, instance.renews, view)
      if (wrong === null) continue
      draft.fail(instance.unit, `runs, but its sidekick ${one} ${wrong}`)
      return
    }
    finish(draft, instance, look, 'its sidekicks run again')
    return
  }
  for (const sidekick of waitsFor) {
    const view = look.units.get(sidekick)
    if (view?.wanted !== 'launched') {
      if (mayRepeat(sidekick, look)) draft.call(instance.unit, { verb: 'start', unit: sidekick })
      continue
    }
    if (staysDown(sidekick, view, look)) {
      draft.fail(instance.unit, `runs, but its sidekick ${sidekick} did not come up (${stateText(view)})`)
      return
    }
  }
  draft.note(instance.unit, `waits for ${waitsFor.join(', ')} to run (${stateText(look.units.get(waitsFor[0] ?? ''))})`)
}

/** How it shows that the process which passed the gate does not run any more; null when nothing shows that. */
function anotherProcess({ unit, proven }: InstanceState, main: UnitView, look: Look): string | null {
  if (proven === undefined) return null
  const { verdict } = compareProcess(unit, proven, main, look)
  return verdict.kind === 'restarted' || verdict.kind === 'moved' ? verdict.how : null
}

/**
 * It was told to stop, or its sidekicks were, and it was not seen stopped: a fleetd that was frozen takes such a wish when
 * it goes on, and the rollout must not have ended by then.
 */
const mayStillStop = (draft: Draft, instance: InstanceState, look: Look): boolean =>
  !instance.replaced &&
  [instance.unit, ...instance.sidekicks].some((unit) => mayBeHeardLate(unit, look, draft.rollout.plan))

function finish(draft: Draft, instance: InstanceState, look: Look, reason: string): void {
  // One that was to be removed is back as it was.
  const done = instance.replaced && instance.task !== 'remove'
  const view = look.units.get(instance.unit)
  // fleet restarted it after it was first proven.
  const upAt = instance.again === true && view !== undefined ? { upAt: wallOf(view.sameFor.since, look) } : {}
  draft.stage(instance.unit, done ? 'done' : 'kept', reason, { ...upAt, finishedAt: look.moment.wall, seen: [] })
}
