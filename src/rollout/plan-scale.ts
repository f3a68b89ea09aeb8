import { amountOf } from '../domain/amount.ts'
import type { Blocker, Planned, PlannedInstance } from '../domain/plan.ts'
import { targetText } from '../domain/target.ts'
import { instanceIn, instanceOf, parseUnitName } from '../domain/unit-name.ts'
import type { UnitView } from '../ports/scheduler.ts'
import { blockersFor, misfitBlockers } from './plan-blockers.ts'
import { impossible, isMoving, isNamed, serves, type PlanInput } from './plan-input.ts'
import { driftNotes } from './plan-drift.ts'
import { leftOut, newInstance, planWith, plannedInstance, sidekicksOf } from './plan-parts.ts'
import { absentBlockers, absentOf, meantUnits } from './plan-missing.ts'
import { unseenRestarts } from './plan-warnings.ts'
import { batchSizes } from './settings.ts'

/**
 * As many instances as were asked for: the lowest free numbers are added, the highest are removed, and what was stopped is
 * started where it counts. `found` are those that the fleet knows of the service.
 */
export function planScale(input: PlanInput, found: readonly UnitView[]): Planned {
  const { to } = input
  if (to === undefined) throw new Error('a scale without the number of instances that there are to be')
  const fault = cannotScale(input, found)
  if (fault !== null) return fault
  const existing = found.filter((unit) => unit.wanted === 'launched' || unit.wanted === 'loaded')
  const numbered = existing.toSorted((a, b) => numberOf(a.unit, input) - numberOf(b.unit, input))
  const missing = missingNumbers(input, existing)
  const kept = numbered.slice(0, to)
  const removed = numbered.slice(to).toReversed()
  const added = addedNumbers(input, numbered, missing, to - numbered.length)
  const again = removed.length > 0 ? [] : kept.filter((unit) => isDown(unit, input))
  // As many as asked for exist, and a rollout left more: the scale accepts that the others are gone.
  const accepted = removed.length + added.length + again.length === 0 ? missing : []
  if (removed.length + accepted.length + added.length + again.length === 0) {
    const { target } = input
    const names = kept.map((unit) => unit.unit).join(', ')
    const message = `the instances are already there: ${to} of ${to} (${names}). \`status ${targetText(target)}\` shows them, \`restart ${targetText(target)}\` replaces them`
    return { kind: 'impossible', transient: false, satisfied: true, message }
  }
  const templates = added.length > 0 ? missingTemplates(input) : []
  if (templates.length > 0) {
    return impossible(
      `fleet has no ${templates.join(' and no ')} to make ${added.join(', ')} from. Submit ${templates.length === 1 ? 'it' : 'them'} first: \`fleetctl submit ${templates.join(' ')}\`.`,
    )
  }
  const planned = [
    ...again.map((unit) => whole(unit, 'replace', input)),
    ...added.map((unit) => newInstance(unit, input)),
    ...removed.map((unit) => whole(unit, 'remove', input)),
    ...accepted.map((unit): PlannedInstance => ({ ...newInstance(unit, input), task: 'remove', sidekicks: [] })),
  ]
  // What is down already goes first: taking it away takes nobody's service away.
  const ordered = [...planned.filter((one) => !one.serving), ...planned.filter((one) => one.serving)]
  const homeless = kept.filter((unit) => unit.reports.length === 0 && unit.target === null && !again.includes(unit))
  const stay = kept.filter((unit) => unit.wanted === 'launched' && !again.includes(unit) && !homeless.includes(unit))
  const atOnce = amountOf(input.settings.batch, Math.max(numbered.length, to))
  const plan = planWith(input, {
    ordered,
    sizes: batchSizes(ordered.length, input.settings).sizes,
    atOnce,
    others: stay.map((unit) => unit.unit),
    leftOut: leftOut(kept, [...again, ...stay]),
    scale: { from: numbered.length + accepted.length, to },
    warnings: [...driftNotes(input, found), ...warningsFor(input, { kept, stay, added, removed })],
  })
  const blockers = [
    ...blockersFor(input, homeless, [], atOnce),
    ...absentBlockers(input, {
      absent: { missing: [], stopped: removed.length === 0 ? [] : stoppedOf(input, kept) },
      others: stay,
      planned: planned.filter((one) => one.task === 'remove'),
      atOnce,
    }),
    ...misfitBlockers(input, planned),
    ...noRoom(input, to, numbered, added),
  ]
  return { kind: 'plan', plan, blockers }
}

function cannotScale(input: PlanInput, found: readonly UnitView[]): Planned | null {
  const where = targetText(input.target)
  if (parseUnitName(input.unit)?.kind !== 'template') {
    return impossible(
      `${input.unit} is one plain unit, of which there is exactly one: there are no numbered instances to add or to remove. \`restart ${where}\` replaces it.`,
    )
  }
  if (found.some((unit) => unit.global)) {
    return impossible(
      `${input.unit} is a global unit: fleet runs it on every machine, so that it has as many instances as there are machines.`,
    )
  }
  const unnumbered = found.filter((unit) => Number.isNaN(numberOf(unit.unit, input))).map((unit) => unit.unit)
  if (unnumbered.length > 0) {
    return impossible(
      `${unnumbered.join(', ')} ${unnumbered.length === 1 ? 'has' : 'have'} no number: only instances such as ${instanceOf(input.unit, '1')} can be counted. Add or remove ${unnumbered.length === 1 ? 'it' : 'them'} with fleetctl.`,
    )
  }
  // It may be there after all, and what exists must not be taken for new.
  const unsure = found.filter((unit) => unit.wanted === 'absent').map((unit) => unit.unit)
  if (unsure.length === 0) return null
  const message = `${unsure.join(', ')} ${unsure.length === 1 ? 'is' : 'are'} just vanishing from fleet's lists: try again in a moment.`
  return { kind: 'impossible', message, transient: true }
}

/** Not a number for an instance that has another name. */
function numberOf(unit: string, input: PlanInput): number {
  const instance = instanceIn(input.unit, unit) ?? ''
  return /^[1-9]\d{0,5}$/.test(instance) ? Number(instance) : Number.NaN
}

/** Those that stay, should run, and were stopped by hand. */
const stoppedOf = (input: PlanInput, kept: readonly UnitView[]): readonly string[] => absentOf(input, kept, []).stopped

/** Those that should exist and do not, lowest number first. */
function missingNumbers(input: PlanInput, existing: readonly UnitView[]): readonly string[] {
  const there = new Set(existing.map((one) => one.unit))
  return meantUnits(input)
    .filter((unit) => !there.has(unit) && !input.moving.includes(unit) && !Number.isNaN(numberOf(unit, input)))
    .toSorted((a, b) => numberOf(a, input) - numberOf(b, input))
}

/** Those that should exist come first, then the lowest free numbers. */
function addedNumbers(
  input: PlanInput,
  numbered: readonly UnitView[],
  missing: readonly string[],
  amount: number,
): readonly string[] {
  const again = missing.slice(0, Math.max(0, amount))
  const taken = new Set([...numbered.map((unit) => unit.unit), ...again].map((unit) => numberOf(unit, input)))
  const free: string[] = []
  for (let number = 1; again.length + free.length < amount; number++)
    if (!taken.has(number)) free.push(instanceOf(input.unit, `${number}`))
  return [...again, ...free]
}

/** Stopped, or left behind by an earlier scale: it has to be started for the number to be true. */
const isDown = (unit: UnitView, input: PlanInput): boolean =>
  !isMoving(unit, input) &&
  (unit.wanted !== 'launched' || (input.only?.why === 'left' && isNamed(unit, input) && !serves(unit, input)))

/** With all the sidekicks that it should have, or may have had. */
const whole = (unit: UnitView, task: 'replace' | 'remove', input: PlanInput): PlannedInstance => {
  const planned = plannedInstance(unit, input)
  const sidekicks = sidekicksOf(unit.unit, input).filter(
    (one) => input.cluster.units.has(one) || (task === 'replace' && hasTemplate(one, input)),
  )
  return { ...planned, task, sidekicks: [...sidekicks] }
}

const missingTemplates = (input: PlanInput): readonly string[] =>
  [input.unit, ...input.sidekicks].filter(
    (unit) => parseUnitName(unit)?.kind === 'template' && !input.cluster.templates.has(unit),
  )

const hasTemplate = (unit: string, input: PlanInput): boolean =>
  input.sidekicks.some(
    (template) =>
      input.cluster.templates.has(template) && instanceOf(template, instanceIn(template, unit) ?? '') === unit,
  )

/**
 * The rest would wait for a machine for ever, and take the next one that is free from somebody else. Not so where two
 * share a machine already: their unit file does not ask for one each (fleet's `Conflicts`).
 */
function noRoom(input: PlanInput, to: number, numbered: readonly UnitView[], added: readonly string[]): Blocker[] {
  const machines = input.cluster.machines.size
  const homes = numbered.flatMap(({ target }) => target ?? [])
  if (added.length === 0 || to <= machines || new Set(homes).size < homes.length) return []
  const message = `${to} instances on ${machines} machine${machines === 1 ? '' : 's'}: where each needs one of its own, the rest have no room; \`scale ${targetText(input.target)} ${machines}\` fits, \`--force\` starts all the same`
  return [{ kind: 'unscheduled', message, force: true }]
}

function warningsFor(
  input: PlanInput,
  units: {
    readonly kept: readonly UnitView[]
    readonly stay: readonly UnitView[]
    readonly added: readonly string[]
    readonly removed: readonly UnitView[]
  },
): string[] {
  const { kept, stay, added, removed } = units
  const warnings: string[] = []
  const template = input.cluster.templates.get(input.unit)
  if (removed.length > 0 && kept.length === 1) {
    warnings.push(`one instance is left: the service is away whenever that one is replaced`)
  }
  if (removed.length > 0 && template === undefined) {
    warnings.push(
      `fleet has no ${input.unit}: what is removed cannot be made again before somebody submits it (\`fleetctl submit ${input.unit}\`)`,
    )
  }
  const idle = removed.length === 0 ? [] : kept.filter((unit) => unit.wanted !== 'launched').map((unit) => unit.unit)
  if (idle.length > 0)
    warnings.push(`${idle.join(', ')} ${idle.length === 1 ? 'is' : 'are'} not wanted running and will be left so`)
  const down = added.length === 0 ? [] : stay.filter((unit) => !serves(unit, input)).map((unit) => unit.unit)
  if (down.length > 0) {
    warnings.push(
      `${down.join(', ')} ${down.length === 1 ? 'does' : 'do'} not serve now and will be left so: a restart may bring ${down.length === 1 ? 'it' : 'them'} back`,
    )
  }
  const stale = stay.filter((unit) => template !== undefined && unit.hash !== null && unit.hash !== template)
  if (added.length > 0 && stale.length > 0) {
    warnings.push(
      `${added.join(', ')} will be made from ${input.unit} as it is now, and ${stale.map((unit) => unit.unit).join(', ')} run an older one`,
    )
  }
  return added.length === 0 ? warnings : [...warnings, ...unseenRestarts(input)]
}
