import { isTakenBack, type InstanceState } from '../domain/rollout.ts'
import type { Draft } from './draft.ts'
import { mayBeHeardLate, type Look } from './look.ts'
import { changedSince } from './since-planned.ts'

/** What somebody else did to instances while the rollout is in progress: the thread gets one line for each. */

/** The stop was seen to be heeded, and the instance is wanted again. A missed stop is helped on by a start of our own. */
export function noteStarted(draft: Draft, { unit, heeded }: InstanceState): void {
  if (heeded !== 'stopping') return
  draft.patch(unit, { heeded: undefined })
  draft.fact({ kind: 'outside', unit, did: 'started', reason: 'somebody started it; Opsee stops it again' })
}

/** It was wanted running, and is not any more. A stop of our own that was killed may be heard late. */
export function noteStopped(draft: Draft, { unit, stage, heeded }: InstanceState, look: Look): void {
  if (stage === 'starting' && heeded !== 'starting') return
  draft.patch(unit, { heeded: undefined })
  if (mayBeHeardLate(unit, look, draft.rollout.plan)) return
  draft.fact({ kind: 'outside', unit, did: 'stopped', reason: 'somebody stopped it; Opsee starts it again' })
}

export function noteHeeded(draft: Draft, { unit, heeded }: InstanceState, wish: 'stopping' | 'starting'): void {
  if (heeded !== wish) draft.patch(unit, { heeded: wish })
}

/** Instances that somebody stops, destroys or starts before their turn. */
export function watchWaiting(draft: Draft, look: Look): void {
  if (isTakenBack(draft.rollout)) return
  for (const { unit, stage, task, heeded } of draft.rollout.instances) {
    const view = look.units.get(unit)
    if (stage !== 'waiting' || task === 'add' || task === 'remove' || view === undefined) continue
    if (view.wantedFor < look.patience.views || draft.full) continue
    const changed = changedSince(draft.rollout, unit, view)
    if (changed !== null && heeded !== 'gone') {
      const did = changed.did === 'destroyed' ? 'destroyed' : view.wanted === 'inactive' ? 'unloaded' : 'stopped'
      draft.patch(unit, { heeded: 'gone' })
      draft.fact({ kind: 'outside', unit, did, reason: `somebody ${did} it before its turn` })
    } else if (changed === null && heeded === 'gone') {
      draft.patch(unit, { heeded: undefined })
      draft.fact({ kind: 'outside', unit, did: 'started', reason: 'somebody started it again before its turn' })
    }
  }
}
