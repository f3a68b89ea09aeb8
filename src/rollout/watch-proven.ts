import { isDeepStrictEqual } from 'node:util'
import type { InstanceState } from '../domain/rollout.ts'
import { compareProcess, processOf } from './compare-process.ts'
import type { Draft } from './draft.ts'
import { mayBeHeardLate, type Look } from './look.ts'
import { isUp } from './observation.ts'
import { lose, takenAway } from './taken-away.ts'

/**
 * Watches the instances that passed their gate until the rollout ends. An instance whose process ended by itself has failed,
 * also when it is up again. An instance that fleet moved or restarted must pass its gate again.
 */
export function watchProven(draft: Draft, look: Look): void {
  for (const instance of draft.rollout.instances) {
    if (draft.full) return
    if (instance.task === 'remove' || instance.task === 'take-back') continue
    if (instance.stage === 'done') watch(draft, instance, look)
    else if (instance.stage === 'failed' && instance.restarts !== undefined) countOn(draft, instance, look)
  }
}

/** fleet was silent for so long that its agents may have stopped and started what they run. */
export function noteSilence(draft: Draft): void {
  for (const { unit, stage, proven } of draft.rollout.instances)
    if (stage === 'done' && proven?.moved === null) draft.patch(unit, { proven: { ...proven, moved: 'silent' } })
}

function watch(draft: Draft, instance: InstanceState, look: Look): void {
  const { unit, proven } = instance
  const view = look.units.get(unit)
  const lost = takenAway(unit, look)
  if (lost === 'stopped' && mayBeHeardLate(unit, look, draft.rollout.plan)) {
    draft.stage(unit, 'starting', 'is no longer wanted, so the stop was heard late: told to start again', mustProve)
    draft.call(unit, { verb: 'start', unit })
    return
  }
  if (lost !== null) {
    lose(draft, unit, lost, 'after it was replaced')
    return
  }
  if (view === undefined || view.wanted !== 'launched') return
  // The record of an older version, or the first look after the gate.
  if (proven === undefined) {
    if (isUp(view)) draft.patch(unit, { proven: processOf(unit, view, look) })
    return
  }
  const { proven: now, verdict } = compareProcess(unit, proven, view, look)
  if (!isDeepStrictEqual(now, proven)) draft.patch(unit, { proven: now })
  switch (verdict.kind) {
    case 'same':
    case 'unclear':
      return
    case 'restarted':
      draft.patch(unit, { restarts: verdict.times })
      draft.fail(unit, restartText(verdict.times, verdict.how))
      return
    case 'down':
      draft.patch(unit, { restarts: 0 })
      draft.fail(unit, `went down after it passed its gate (${verdict.how})`)
      return
    case 'moved':
      draft.stage(unit, 'proving', `${verdict.how}: it must pass its gate again`, mustProve)
      draft.fact({ kind: 'outside', unit, did: 'restarted', reason: `${verdict.how}: it must pass its gate again` })
  }
}

/** Counts the restarts of an instance that failed by one, so that the end names all of them. */
function countOn(draft: Draft, { unit, proven, restarts = 0 }: InstanceState, look: Look): void {
  const view = look.units.get(unit)
  if (proven === undefined || view === undefined || view.wanted !== 'launched') return
  const { proven: now, verdict } = compareProcess(unit, proven, view, look)
  if (!isDeepStrictEqual(now, proven)) draft.patch(unit, { proven: now })
  if (verdict.kind !== 'restarted') return
  const times = restarts + verdict.times
  const note = restartText(times, verdict.how)
  draft.patch(unit, { restarts: times, note })
  const { ending } = draft.rollout
  if (ending?.kind === 'failed' && ending.unit === unit) {
    draft.set({ ending: { ...ending, reason: `${unit} ${note}` } })
  }
}

/** It goes back to its gate. Passing it again is no progress: fleet could otherwise keep a rollout from its deadline. */
const mustProve = { proven: undefined, again: true, drops: 0, seen: [] }

const restartText = (times: number, how: string): string =>
  `restarted ${timesText(times)} after it passed its gate (${how})`

const timesText = (times: number): string => (times === 1 ? 'once' : times === 2 ? 'twice' : `${times} times`)
