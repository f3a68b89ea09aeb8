import { inFlight } from '../domain/rollout.ts'
import type { Draft } from './draft.ts'
import type { Look } from './look.ts'
import { isAway, isMissing } from './serving.ts'

/** Paused once nothing is under way, and says what it leaves the fleet like. */
export function rest(draft: Draft, look: Look | null): void {
  const { pause, phase, instances, plan } = draft.rollout
  if (pause === null || phase === 'paused' || instances.some(inFlight)) return
  const units = [...instances.filter((one) => !isMissing(one)).map((one) => one.unit), ...plan.others]
  const away = look === null ? null : units.filter((unit) => isAway(unit, draft.rollout, look))
  const replaced = instances.filter((one) => one.stage === 'done').length
  draft.set({ phase: 'paused' })
  draft.fact({
    kind: 'paused',
    tier: pause.kind === 'stop',
    by: pause.by,
    reason: pause.reason,
    replaced,
    of: instances.length,
    away,
  })
  draft.say(`paused by ${pause.by.name ?? pause.by.id}`)
}
