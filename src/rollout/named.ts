import type { Only } from '../domain/plan.ts'
import { targetText } from '../domain/target.ts'
import type { UnitView } from '../ports/scheduler.ts'
import { stateText } from './observation.ts'
import type { PlanInput } from './plan-input.ts'
import { meantUnits, missingText } from './plan-missing.ts'

/** Why instances that a person named cannot be rolled, and what to type instead; null when they can. */
export function faultOfNamed(
  input: PlanInput,
  only: Only,
  found: readonly UnitView[],
  isRemade: (unit: UnitView) => boolean,
): string | null {
  if (only.why !== 'named') return null
  const where = `${input.target.service} in ${input.target.tier}`
  const byName = new Map(found.map((one) => [one.unit, one]))
  const exist = `There ${found.length === 1 ? 'is' : 'are'} ${found.map((one) => one.unit).join(', ')}.`
  const missing = only.units.filter((unit) => !byName.has(unit))
  const meant = missing.filter((unit) => meantUnits(input).includes(unit))
  if (meant.length > 0) return `${missingText(input, meant)}. ${exist}`
  if (missing.length > 0) return `${where} has no ${missing.join(', ')}. ${exist}`
  for (const unit of only.units) {
    const view = byName.get(unit)
    if (view?.wanted === 'inactive' || view?.wanted === 'absent') {
      const again = `\`scale ${targetText(input.target)} ${Math.max(found.length, meantUnits(input).length)}\` starts it`
      return `${unit} is not loaded on any machine (fleet wants it ${view.wanted}), so there is nothing to restart: ${again}. ${exist}`
    }
    if (view?.reports.length === 0 && view.target === null && !isRemade(view)) {
      return `${unit} is wanted, but ${stateText(view)}: a restart gives it none. \`deploy --units\` makes it again from a template that was replaced.`
    }
  }
  return null
}
