import { inFlight, type InstanceState } from '../domain/rollout.ts'
import type { Draft, UnitCall } from './draft.ts'
import { isTaken, mayBeHeardLate, mayRepeat, refusal, type Look } from './look.ts'
import { stateText } from './observation.ts'
import { isForgotten } from '../ports/scheduler.ts'

/**
 * An instance that is to be there no more, or to be made anew: its sidekicks and it are stopped, then destroyed, then seen
 * nowhere.
 */

/** The first calls for one that goes down: its sidekicks go first, so that nobody is sent to it while it is down. */
export function bringDown(draft: Draft, unit: string, look: Look, why: string): void {
  const instance = draft.instance(unit)
  const running = instance.sidekicks.filter((one) => isTaken(look.units.get(one)) && !hasNoMachine(one, look))
  if (running.length > 0) {
    draft.stage(unit, 'detaching', `${why}its sidekicks were told to stop (${running.join(', ')})`)
    draft.call(unit, ...running.map((one): UnitCall => ({ verb: 'stop', unit: one })))
    return
  }
  if (isDestroyedUnplaced(draft, instance, look)) {
    remove(draft, instance, look, `${why}no machine has it`)
    return
  }
  draft.stage(unit, 'stopping', `${why}told to stop`)
  draft.call(unit, { verb: 'stop', unit })
}

/** Once it is stopped it is destroyed; one that was to be removed is brought back instead when the rollout can only end. */
export const goesAway = (draft: Draft, { task }: Pick<InstanceState, 'task'>): boolean =>
  task === 'take-back' || (task === 'remove' && draft.rollout.ending === null)

/** An abort came while it was being added: it is not to stay half started. One that has proven itself stays. */
export function mustTakeBack(draft: Draft, { task, stage }: InstanceState): boolean {
  const aborted = draft.rollout.ending?.kind === 'aborted'
  return aborted && task === 'add' && inFlight({ stage }) && stage !== 'attaching'
}

export function takeBack(draft: Draft, unit: string, look: Look): void {
  draft.patch(unit, { task: 'take-back', machine: null })
  bringDown(draft, unit, look, 'aborted before it was proven: ')
}

/** fleet refuses to stop what no machine has: only a destroy takes back the wish for it (unschedulable). */
export function hasNoMachine(unit: string, look: Look): boolean {
  const view = look.units.get(unit)
  if (view === undefined) return true
  return view.target === null && view.reports.length === 0 && view.sameFor.views >= look.patience.views
}

/** It is not stopped first: it is to go, or to be made anew and was planned as one that runs nowhere. */
export const isDestroyedUnplaced = (draft: Draft, instance: InstanceState, look: Look): boolean =>
  (goesAway(draft, instance) || (draft.rollout.ending === null && neverPlaced(instance))) &&
  hasNoMachine(instance.unit, look)

/** It is to be made anew, and no machine had it when that was planned. */
export const neverPlaced = ({ task, before, attempt }: InstanceState): boolean =>
  task === 'renew' && before.machine === null && attempt === 0

export function remove(draft: Draft, instance: InstanceState, look: Look, reason: string): void {
  const { unit, task } = instance
  const known = goingUnits(instance).filter((one) => one === unit || !isGone(one, look))
  draft.stage(unit, 'removing', `${reason}, ${task === 'renew' ? 'to be made anew, ' : ''}told to be gone`)
  draft.call(unit, ...known.map((one): UnitCall => ({ verb: 'destroy', unit: one })))
}

const goingUnits = ({ task, unit, sidekicks, renews }: InstanceState): readonly string[] =>
  task === 'renew' ? renews.map((one) => one.unit) : [...sidekicks, unit]

export function removedYet(draft: Draft, instance: InstanceState, look: Look): void {
  const { unit, startedAt, since, task } = instance
  const left = goingUnits(instance).filter((one) => !isGone(one, look))
  for (const one of left) {
    const wanted = look.units.get(one)?.wanted ?? 'absent'
    if (wanted !== 'absent' && mayRepeat(one, look)) draft.call(unit, { verb: 'destroy', unit: one })
  }
  const [first] = left
  if (first !== undefined) {
    draft.note(
      unit,
      `waits for ${left.join(', ')} to be gone (${stateText(look.units.get(first))})${refusal(first, look)}`,
    )
    return
  }
  if (task === 'renew') {
    const attempt = instance.attempt + 1
    draft.stage(unit, 'starting', 'seen nowhere any more, to be made anew, told to start', { attempt, replaced: true })
    draft.call(unit, { verb: 'start', unit })
    return
  }
  if (task === 'take-back' && mayBeHeardLate(unit, look, draft.rollout.plan)) {
    draft.note(unit, 'is gone, and must stay so for a while: what was told to start may still hear it')
    return
  }
  const tookMs = Math.max(0, look.moment.wall - (startedAt ?? since))
  const reason = task === 'take-back' ? 'taken back, as it was not proven yet' : 'stopped and destroyed'
  draft.fact({ kind: 'removed', unit, tookMs, reason })
  draft.comeOn()
  draft.stage(unit, task === 'take-back' ? 'kept' : 'done', 'seen nowhere any more', {
    finishedAt: look.moment.wall,
    machine: null,
  })
}

/** In no list any more, seen often enough to be believed; of what this process never heard of, after some looks. */
function isGone(unit: string, look: Look): boolean {
  const view = look.units.get(unit)
  return view === undefined ? mayRepeat(unit, look) : isForgotten(view, look.patience.wishViews)
}
