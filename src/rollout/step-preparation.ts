import { commandText, faultText } from '../domain/preparation-text.ts'
import type { Output, PlannedPreparation, PreparationFault } from '../domain/preparation.ts'
import { isTakenBack } from '../domain/rollout.ts'
import type { Draft } from './draft.ts'
import { close } from './finish.ts'
import type { Look } from './look.ts'
import { mayBegin } from './may-begin.ts'
import type { Moment, Observation } from './observation.ts'

/**
 * The preparation of a rollout: it runs before the wanted release moves and before any instance is stopped, and at most once.
 * Its beginning is stored first; then it is started by the process that stored that, and by no other.
 */

/** True once nothing is left to prepare. Begins it as soon as one of `units` could be begun. */
export function settlePreparation(draft: Draft, units: readonly string[], look: Look): boolean {
  const { preparation, plan, driver } = draft.rollout
  if (plan.preparation === null || preparation?.stage === 'done' || isTakenBack(draft.rollout)) return true
  if (preparation?.stage !== 'waiting') return false
  for (const unit of units) {
    const may = mayBegin(draft, unit, look)
    if (may === 'never') return false
    if (may === 'later') continue
    const { command, timeoutMs } = plan.preparation
    draft.set({ preparation: { stage: 'running', driver, since: look.moment.wall } })
    draft.fact({ kind: 'preparation-began', command, timeoutMs })
    draft.say(`${commandText(command)} is begun`)
    return false
  }
  return false
}

/** While it runs nothing else is done. What came of it decides; an abort or a failure of it ends the rollout. */
export function prepare(draft: Draft, seen: Observation, moment: Moment): void {
  const planned = draft.rollout.plan.preparation
  const { preparation } = draft.rollout
  if (planned === null || preparation === null) return
  const { command, timeoutMs } = planned
  const over = seen.preparation
  if (over?.kind === 'running') {
    draft.say(`${commandText(command)} ${draft.rollout.ending === null ? 'runs' : 'is being ended'}`)
    return
  }
  if (over?.kind === 'done') {
    draft.set({ preparation: { ...preparation, stage: 'done', since: moment.wall } })
    draft.fact({ kind: 'preparation-done', command, tookMs: over.tookMs, output: over.output })
    draft.say(`${commandText(command)} is done`)
    draft.comeOn()
  } else {
    // Nobody here started it, so whoever did is gone.
    const { driver, since } = preparation
    const unknown = { kind: 'unknown', driver, until: since + timeoutMs } as const
    failed(draft, planned, over ?? { fault: unknown, tookMs: null, output: { lines: [], cut: false } }, moment)
  }
  if (draft.rollout.ending !== null) close(draft, seen, moment)
}

function failed(
  draft: Draft,
  { command }: PlannedPreparation,
  end: { readonly fault: PreparationFault; readonly tookMs: number | null; readonly output: Output },
  moment: Moment,
): void {
  const { fault, tookMs, output } = end
  const { preparation } = draft.rollout
  if (preparation === null) return
  draft.set({ preparation: { ...preparation, stage: 'failed', since: moment.wall } })
  draft.fact({ kind: 'preparation-failed', command, fault, tookMs, output })
  const reason = faultText(command, fault, tookMs)
  draft.end({ kind: 'failed', unit: null, reason })
  draft.say(reason)
}
