import type { Only } from '../domain/plan.ts'
import type { UnitView } from '../ports/scheduler.ts'

/** Why instances that a person named cannot be rolled, and what to name instead; null when they can. */
export function faultOfNamed(only: Only, found: readonly UnitView[], where: string): string | null {
  if (only.why !== 'named') return null
  const byName = new Map(found.map((one) => [one.unit, one]))
  const exist = `There ${found.length === 1 ? 'is' : 'are'} ${found.map((one) => one.unit).join(', ')}.`
  const missing = only.units.filter((unit) => !byName.has(unit))
  if (missing.length > 0) return `${where} has no ${missing.join(', ')}. ${exist}`
  for (const unit of only.units) {
    const view = byName.get(unit)
    if (view?.wanted === 'inactive' || view?.wanted === 'absent') {
      return `${unit} is not loaded on any machine (fleet wants it ${view.wanted}), so there is nothing to restart. ${exist}`
    }
    if (view?.reports.length === 0 && view.target === null) {
      return `${unit} is wanted, but no machine has room for it: a restart gives it none.`
    }
  }
  return null
}
