import { inFlight, type InstanceState, type Rollout } from '../domain/rollout.ts'
import type { Look } from './look.ts'
import { isStopped, isUp } from './observation.ts'
import { hasNoMachine, neverPlaced } from './step-removal.ts'

/** Who serves and who is away, as one look tells it. */

/** Why this instance may not be taken away now; null when it may. */
export function obstacleTo(rollout: Rollout, unit: string, look: Look): string | null {
  const counted = awayBeside(rollout, unit, look)
  if (counted.length + 1 <= rollout.plan.atOnce) return null
  const verb = counted.length === 1 ? 'is' : 'are'
  return `waits for its turn: ${counted.join(', ')} ${verb} away, and no more than ${rollout.plan.atOnce} may be at once`
}

/** Those that it would be away beside, were it taken away now. */
export function awayBeside(rollout: Rollout, unit: string, look: Look): readonly string[] {
  const others = rollout.instances.filter((one) => one.unit !== unit)
  const moving = others.filter(inFlight).map((one) => one.unit)
  const away = others.filter((one) => !isMissing(one) && !serves(one, rollout, look)).map((one) => one.unit)
  const bystanders = rollout.plan.others.filter((one) => !unitServes(one, rollout, look))
  // One that is surely down already takes nobody's service away; it only may not crowd those under way. One that is
  // merely not reported may well serve.
  const adds = rollout.instances.some((one) => one.unit === unit && one.task === 'add')
  return adds || isSurelyDown(unit, rollout, look) ? moving : [...away, ...bystanders]
}

/** It is not there, and need not be: not added yet, taken back, or removed. Nobody counts on it. */
export const isMissing = ({ task, stage }: Pick<InstanceState, 'task' | 'stage'>): boolean =>
  (task === 'add' && stage === 'waiting') ||
  (task === 'take-back' && stage === 'kept') ||
  (task === 'remove' && stage === 'done')

/** It does its work: not under way, running, and healthy where there is a gate. */
export const serves = (instance: InstanceState, rollout: Rollout, look: Look): boolean =>
  !inFlight(instance) && instance.stage !== 'failed' && unitServes(instance.unit, rollout, look)

/** By what is seen it serves nobody: stopped, or refused by its gate as often as it takes to be believed. */
export function isSurelyDown(unit: string, rollout: Rollout, look: Look): boolean {
  const view = look.units.get(unit)
  if (isStopped(view)) return true
  const instance = rollout.instances.find((one) => one.unit === unit)
  if (instance !== undefined && neverPlaced(instance) && hasNoMachine(unit, look)) return true
  // One lost answer of a gate is thin evidence, and none at all is no evidence.
  const health = look.seen.health.get(unit)
  return (
    rollout.plan.gate.kind !== 'none' &&
    isUp(view) &&
    health?.stateSince === view?.sameFor.since &&
    (health?.fails ?? 0) >= look.patience.views
  )
}

function unitServes(unit: string, rollout: Rollout, look: Look): boolean {
  const view = look.units.get(unit)
  if (view === undefined || !isUp(view)) return false
  if (rollout.plan.gate.kind === 'none') return true
  const health = look.seen.health.get(unit)
  return health !== undefined && health.stateSince === view.sameFor.since && health.last.kind === 'healthy'
}

/** It takes somebody's service away now, for all that is seen. */
export const isAway = (unit: string, rollout: Rollout, look: Look): boolean =>
  !isUp(look.units.get(unit)) || isSurelyDown(unit, rollout, look)
