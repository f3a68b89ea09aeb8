import type { PlannedInstance } from '../domain/plan.ts'
import type { UnitView } from '../ports/scheduler.ts'
import { isMoving, isNamed, type PlanInput } from './plan-input.ts'

/** What a person should know before saying yes. */
export function warningsFor(
  input: PlanInput,
  found: readonly UnitView[],
  ordered: readonly PlannedInstance[],
  atOnce: number,
): string[] {
  const warnings: string[] = []
  const [only] = ordered
  const serving = ordered.filter((one) => one.serving).length
  if (ordered.length === 1 && only !== undefined && found.length === 1) {
    warnings.push(`${only.unit} is the only instance: the service is away while it is replaced`)
  } else if (serving > 0 && atOnce >= ordered.length && input.only === null) {
    warnings.push(`all ${ordered.length} instances are replaced at once: the service is away meanwhile`)
  }
  for (const one of ordered) {
    if (one.stopped && input.only?.why === 'named') warnings.push(`${one.unit} is stopped now and will be started`)
    else if (!one.serving)
      warnings.push(`${one.unit} does not serve now (${downReason(one, input)}), so it comes first`)
  }
  const idle = found
    .filter((unit) => unit.wanted !== 'launched' && !isNamed(unit, input) && !isMoving(unit, input))
    .map((unit) => unit.unit)
  if (idle.length > 0)
    warnings.push(`${idle.join(', ')} ${idle.length === 1 ? 'is' : 'are'} not wanted running and will be left so`)
  const asleep = ordered.flatMap((one) =>
    one.sidekicks.filter((sidekick) => input.cluster.units.get(sidekick)?.wanted === 'loaded'),
  )
  if (asleep.length > 0)
    warnings.push(`${asleep.join(', ')} ${asleep.length === 1 ? 'is' : 'are'} stopped now and will be started`)
  const template = input.cluster.templates.get(input.unit)
  const stale = found.filter((unit) => template !== undefined && unit.hash !== null && unit.hash !== template)
  if (stale.length > 0) {
    warnings.push(
      `the unit file of ${stale.map((unit) => unit.unit).join(', ')} differs from ${input.unit}: a restart keeps the instance's own`,
    )
  }
  return warnings
}

export function downReason(one: PlannedInstance, input: PlanInput): string {
  const health = input.health.get(one.unit)
  return health?.kind === 'unhealthy' ? `${one.state}; ${health.reason}` : one.state
}
