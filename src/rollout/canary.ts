import { durationText } from '../domain/duration.ts'
import { isTakenBack } from '../domain/rollout.ts'
import type { Draft } from './draft.ts'
import type { Look } from './look.ts'
import { stateText } from './observation.ts'
import { isAway } from './serving.ts'

/** True once the canary has served for its own steady time, or a person let the rollout go on before. */
export function canaryHasServed(draft: Draft, look: Look): boolean {
  const { plan, batch, canaryPassed, instances, heard } = draft.rollout
  if (!plan.canary || plan.canarySteadyMs === 0 || batch !== 1 || canaryPassed || isTakenBack(draft.rollout))
    return true
  const canaries = instances.filter((one) => one.batch === 0)
  for (const { unit } of canaries) {
    const view = look.units.get(unit)
    if (!isAway(unit, draft.rollout, look) || (view?.sameFor.views ?? look.patience.views) < look.patience.views)
      continue
    const reason = `does not serve any more (${stateText(view)})`
    draft.fail(unit, reason)
    draft.end({ kind: 'failed', unit, reason: `the canary ${unit} ${reason}` })
    return false
  }
  const since = Math.max(...canaries.map((one) => one.finishedAt ?? 0))
  const { go } = look.seen
  const word = go !== null && go.audit !== heard ? go : null
  const dueAt = word === null ? since + plan.canarySteadyMs : word.at + word.forMs
  // It is no lack of progress: nothing else is to happen meanwhile.
  draft.comeOn()
  if (look.moment.wall < dueAt && (word === null || word.forMs > 0)) {
    draft.say(`the canary must serve for ${durationText(Math.max(1000, dueAt - look.moment.wall))} more`)
    return false
  }
  draft.set({ canaryPassed: true, heard: word?.audit ?? heard })
  draft.fact({ kind: 'canary-passed', by: word?.by ?? null, afterMs: Math.max(0, look.moment.wall - since) })
  return true
}
