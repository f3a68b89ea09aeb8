import type { Draft } from './draft.ts'
import type { Look } from './look.ts'
import { stateText } from './observation.ts'
import { obstacleTo } from './serving.ts'
import { changedSince } from './since-planned.ts'
import { takenAway } from './taken-away.ts'
import { changedTemplate } from './unit-files.ts'

/** Whether an instance may be begun now. `later` has noted why not; `never` has failed it, and the rollout with it. */
export function mayBegin(draft: Draft, unit: string, look: Look): 'now' | 'later' | 'never' {
  const view = look.units.get(unit)
  const changed = changedSince(draft.rollout, unit, view)
  if (changed !== null) {
    if ((view?.wantedFor ?? 0) < look.patience.wishViews) {
      draft.note(unit, `${changed.seems} (${stateText(view)}): looking again`)
      return 'later'
    }
    const lost = takenAway(unit, look)
    if (lost !== null) draft.patch(unit, { lost })
    return never(
      draft,
      unit,
      `${changed.is} (${stateText(view)}): somebody else ${changed.did} it since the plan was made`,
    )
  }
  const template = changedTemplate(draft.instance(unit).renews, look.templates)
  if (template?.kind === 'changed') return never(draft, unit, template.reason)
  const obstacle = template?.reason ?? obstacleTo(draft.rollout, unit, look)
  if (obstacle === null) return 'now'
  draft.note(unit, obstacle)
  return 'later'
}

function never(draft: Draft, unit: string, reason: string): 'never' {
  draft.fail(unit, reason)
  draft.end({ kind: 'failed', unit, reason: `${unit} ${reason}` })
  return 'never'
}
