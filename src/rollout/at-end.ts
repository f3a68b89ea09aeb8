import type { InstanceState } from '../domain/rollout.ts'
import type { Draft } from './draft.ts'
import { isUp, stateText, type Observation } from './observation.ts'
import { isMissing } from './serving.ts'

/** Keeps what is seen of each instance in the last look: the closing lines are about that, and not about the steps. */
export function keepEnd(draft: Draft, { cluster, health }: Observation): void {
  if (cluster.kind === 'unknown') return
  for (const one of draft.rollout.instances) {
    if (isMissing(one)) continue
    const view = cluster.units.get(one.unit)
    const answer = health.get(one.unit)
    const identity =
      answer?.last.kind === 'healthy' && answer.stateSince === view?.sameFor.since ? answer.last.identity : null
    draft.patch(one.unit, {
      atEnd: { running: isUp(view), state: stateText(view), again: isAnother(one, identity) },
    })
  }
}

const isAnother = ({ replaced, before }: InstanceState, identity: string | null): boolean =>
  !replaced && before.identity !== null && identity !== null && identity !== before.identity
