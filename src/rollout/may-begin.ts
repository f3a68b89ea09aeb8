import type { InstanceState } from '../domain/rollout.ts'
import type { Draft } from './draft.ts'
import type { Look } from './look.ts'
import { stateText } from './observation.ts'
import { obstacleTo } from './serving.ts'
import { changedSince } from './since-planned.ts'
import { hasNoMachine } from './step-removal.ts'
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
  const obstacle = template?.reason ?? nowhere(draft.instance(unit), look) ?? obstacleTo(draft.rollout, unit, look)
  if (obstacle === null) return 'now'
  draft.note(unit, obstacle)
  return 'later'
}

/**
 * An instance that no machine reports cannot be stopped: fleet refuses that of one without a machine, and nobody could see it of
 * one whose machine is cut off. It waits untouched.
 */
function nowhere({ unit, task, before }: InstanceState, look: Look): string | null {
  const view = look.units.get(unit)
  if (task !== 'replace' || view === undefined || view.reports.some(({ active }) => active !== '')) return null
  const left = before.machine !== null && !look.machines.has(before.machine)
  const machine = before.ip ?? before.machine?.slice(0, 8) ?? ''
  const why = left ? `its machine ${machine} left the cluster` : 'no machine reports it'
  return `was not touched: ${why}${hasNoMachine(unit, look) ? ', and no other has room for it' : ''}`
}

function never(draft: Draft, unit: string, reason: string): 'never' {
  draft.fail(unit, reason)
  const outside = draft.instance(unit).lost === undefined ? {} : { outside: true }
  draft.end({ kind: 'failed', unit, reason: `${unit} ${reason}`, ...outside })
  return 'never'
}
