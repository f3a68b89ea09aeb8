import { amountOf } from '../domain/amount.ts'
import type { Planned } from '../domain/plan.ts'
import { onlyRestartText } from '../domain/ships.ts'
import type { UnitView } from '../ports/scheduler.ts'
import { faultOfNamed } from './named.ts'
import { blockersFor, misfitBlockers } from './plan-blockers.ts'
import { impossible, instancesOf, isMoving, isNamed, type PlanInput } from './plan-input.ts'
import { leftOut, newInstance, planWith, plannedInstance } from './plan-parts.ts'
import { absentBlockers, absentOf } from './plan-missing.ts'
import { standBy } from './plan-rollback.ts'
import { planScale } from './plan-scale.ts'
import { warningsFor } from './plan-warnings.ts'
import { batchSizes } from './settings.ts'
import { staleUnits } from './unit-files.ts'

export type { PlanInput } from './plan-input.ts'

/** What a rollout would do, exactly, and what stands in its way. Pure. */
export function planRollout(input: PlanInput): Planned {
  const found = instancesOf(input)
  const where = `${input.target.service} in ${input.target.tier}`
  if (input.kind === 'scale') return planScale(input, found)
  const lost = lostUnits(input, found)
  if (found.length + lost.length === 0) {
    return impossible(
      `fleet knows no instance of ${input.unit}, so there is nothing to roll for ${where}. See what runs with \`status ${input.target.service} ${input.target.tier}\`.`,
    )
  }
  if (found.some((unit) => unit.global)) {
    return impossible(
      `${input.unit} is a global unit: fleet runs it on every machine at once, and it cannot be rolled one instance at a time.`,
    )
  }
  const fault = input.only === null ? null : faultOfNamed(input, input.only, found, (unit) => isRemade(unit, input))
  if (fault !== null) return impossible(fault)
  // What a failed rollout had told to stop is taken up again, though nobody wants it running now; what a person named too.
  const again = (unit: UnitView): boolean => unit.wanted === 'loaded' && isNamed(unit, input)
  const wanted = found.filter((unit) => unit.wanted === 'launched' || again(unit) || isMoving(unit, input))
  const unplaced = wanted.filter((unit) => unit.reports.length === 0 && unit.target === null)
  const remade = unplaced.filter((unit) => isRemade(unit, input))
  const homeless = unplaced.filter((unit) => !remade.includes(unit))
  const placed = wanted.filter((unit) => !homeless.includes(unit))
  const rolled = placed.filter((unit) => input.only === null || isNamed(unit, input))
  if (rolled.length + lost.length === 0) {
    return impossible(
      `No instance of ${where} is wanted running${input.only === null ? '' : ' any more'}: there is nothing to roll.`,
    )
  }
  const planned = [
    ...rolled.map((unit) => plannedInstance(unit, input)),
    ...lost.map((unit) => newInstance(unit, input)),
  ]
  // What is down already comes first: rolling it takes nobody's service away.
  const ordered = [...planned.filter((one) => !one.serving), ...planned.filter((one) => one.serving)]
  const { sizes } = batchSizes(ordered.length, input.settings)
  // A share is one of the service, and not of those that are named.
  const absent = absentOf(
    input,
    found,
    planned.map((one) => one.unit),
  )
  const gone = [...absent.missing, ...absent.stopped]
  const atOnce = amountOf(input.settings.batch, placed.length + lost.length + gone.length)
  const others = placed.filter((unit) => !rolled.includes(unit))
  const known: PlanInput = { ...input, ...standBy(input, planned) }
  const draft = planWith(known, {
    ordered,
    sizes,
    atOnce,
    others: [...others.map((unit) => unit.unit), ...gone],
    leftOut: leftOut(found, [...rolled, ...others]).filter((one) => !gone.includes(one.unit)),
    scale: null,
    warnings: warningsFor(known, found, ordered, atOnce),
  })
  const blockers = [
    ...blockersFor(
      input,
      homeless,
      planned.filter((one) => one.task !== 'add' && !remade.some(({ unit }) => unit === one.unit)),
      atOnce,
    ),
    ...misfitBlockers(input, planned),
    ...absentBlockers(input, { absent, others, planned, atOnce }),
  ]
  const restart =
    input.named === true || input.only !== null ? null : onlyRestartText(draft, input.good?.release ?? null)
  if (restart === null) return { kind: 'plan', plan: draft, blockers }
  return { kind: 'plan', plan: { ...draft, warnings: [restart, ...draft.warnings] }, blockers, notes: [restart] }
}

/**
 * With `--units`, an instance that Opsee itself made and that never ran, because no machine may run what its template said
 * then. It is destroyed and made again from the template that replaced that one. One that ran may run on a machine that is cut off.
 */
function isRemade(unit: UnitView, input: PlanInput): boolean {
  const { units, cluster, left } = input
  if (units !== true || isMoving(unit, input) || staleUnits([unit.unit], cluster).length === 0) return false
  return left?.units.some((one) => one.unit === unit.unit && one.neverRan) === true
}

/** Destroyed by an earlier rollout, which failed before it had made them anew. */
function lostUnits(input: PlanInput, found: readonly UnitView[]): readonly string[] {
  if (input.units !== true || input.only?.why !== 'left' || !input.cluster.templates.has(input.unit)) return []
  return input.only.units.filter((one) => !found.some((unit) => unit.unit === one))
}
