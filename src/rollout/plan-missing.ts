import type { Blocker, PlannedInstance } from '../domain/plan.ts'
import { targetText } from '../domain/target.ts'
import { instanceIn, parseUnitName } from '../domain/unit-name.ts'
import type { UnitView } from '../ports/scheduler.ts'
import { serves, type PlanInput } from './plan-input.ts'

/**
 * The instances that a target should have and that do not run: the last rollout left them, and fleet does not know them any more,
 * or wants them stopped. They count among those that may not be away together.
 */

export interface Absent {
  /** No machine has them: only a scale makes them again. */
  readonly missing: readonly string[]
  readonly stopped: readonly string[]
}

/** `rolled`: those that the plan itself replaces or makes. */
export function absentOf(input: PlanInput, found: readonly UnitView[], rolled: readonly string[]): Absent {
  const meant = meantUnits(input).filter((unit) => !rolled.includes(unit) && !input.moving.includes(unit))
  const wantedOf = (unit: string): UnitView['wanted'] => found.find((one) => one.unit === unit)?.wanted ?? 'absent'
  return {
    missing: meant.filter((unit) => ['absent', 'inactive'].includes(wantedOf(unit))),
    stopped: meant.filter((unit) => wantedOf(unit) === 'loaded'),
  }
}

/** As the last rollout left the target; nothing where no rollout is known, and where the service has other units by now. */
export function meantUnits({ meant = null, unit }: Pick<PlanInput, 'meant' | 'unit'>): readonly string[] {
  if (meant === null || parseUnitName(unit)?.kind !== 'template') return []
  return meant.units.filter((one) => instanceIn(unit, one) !== null)
}

/** With too many of them away the rollout would only wait, or take one more away. */
export function absentBlockers(
  input: PlanInput,
  parts: {
    readonly absent: Absent
    readonly others: readonly UnitView[]
    readonly planned: readonly PlannedInstance[]
    readonly atOnce: number
  },
): Blocker[] {
  const { absent, planned, atOnce } = parts
  const { missing, stopped } = absent
  const down = parts.others.filter((unit) => !serves(unit, input)).map((unit) => unit.unit)
  const away = missing.length + stopped.length + down.length
  if (!planned.some((one) => one.serving) || away < atOnce || away === 0) return []
  const limit = `no more than ${atOnce} may be away at once`
  const waits = [...stopped, ...down]
  const them = waits.length === 1 ? 'it' : 'them'
  return [
    ...(missing.length === 0
      ? []
      : [{ kind: 'missing' as const, message: `${missingText(input, missing)}; ${limit}`, force: false }]),
    ...(waits.length === 0
      ? []
      : [
          {
            kind: 'already-down' as const,
            message: `${waits.join(', ')} ${waits.length === 1 ? 'does' : 'do'} not serve now, and ${limit}: it would wait for ${waits.length === 1 ? 'that one' : 'those'}. Restart ${them} first; \`--force\` begins, and waits`,
            force: true,
          },
        ]),
  ]
}

/** "api@3.service is missing, which rollout 7 left: `scale api production 3` makes it again, …" */
export function missingText(input: PlanInput, missing: readonly string[]): string {
  const where = targetText(input.target)
  const count = meantUnits(input).length
  const [is, it] = missing.length === 1 ? ['is', 'it'] : ['are', 'them']
  const fewer = count - missing.length
  const without = fewer > 0 ? `, \`scale ${where} ${fewer}\` goes on without ${it}` : ''
  return `${missing.join(', ')} ${is} missing, which rollout ${input.meant?.id ?? ''} left: \`scale ${where} ${count}\` makes ${it} again${without}`
}
