import { createHash } from 'node:crypto'
import type { Plan, PlannedInstance } from '../domain/plan.ts'
import { digestIn, type Proof } from '../domain/release.ts'
import { instanceIn, instanceOf } from '../domain/unit-name.ts'
import type { UnitView } from '../ports/scheduler.ts'
import { reportOf, stateText } from './observation.ts'
import { isMoving, serves, type PlanInput } from './plan-input.ts'
import { staleUnits } from './unit-files.ts'

/** The plan of what was found, with its hash. `sizes` are those of the batches, in order. */
export function planWith(
  input: PlanInput,
  parts: Pick<Plan, 'atOnce' | 'others' | 'leftOut' | 'scale' | 'warnings'> & {
    readonly ordered: readonly PlannedInstance[]
    readonly sizes: readonly number[]
  },
): Plan {
  const { ordered, sizes, atOnce, others, leftOut: out = [], scale, warnings } = parts
  const draft: Omit<Plan, 'hash'> = {
    kind: input.kind,
    service: input.target.service,
    tier: input.target.tier,
    unit: input.unit,
    batches: inBatches(ordered, sizes),
    scale,
    others,
    ...(out.length === 0 ? {} : { leftOut: out }),
    canary: input.settings.canary > 0,
    canarySteadyMs: input.settings.canary > 0 ? input.settings.canarySteadyMs : 0,
    release: input.release ?? null,
    rollback: input.rollback ?? null,
    preparation: input.preparation ?? null,
    atOnce,
    gate: input.gate,
    settleMs: input.settings.settleMs,
    progressDeadlineMs: input.settings.progressDeadlineMs,
    warnings,
  }
  return { ...draft, hash: planHash(draft) }
}

/**
 * Twelve hex digits that name what would be done: which instances with which sidekicks, what becomes of each, how many at
 * once, and what each must prove. What was merely seen (machines, states, identities), and the order that follows from it,
 * has no part: the same plan, made again later, has the same hash.
 */
function planHash(plan: Omit<Plan, 'hash'>): string {
  const { kind, service, tier, unit, batches, others, canary, atOnce, gate, settleMs, progressDeadlineMs } = plan
  const instances = batches.flat().map((one) => {
    const work = [one.unit, one.sidekicks.toSorted()] as const
    if (one.task === 'replace') return work
    return one.task === 'renew' ? ([...work, one.task, one.renews] as const) : ([...work, one.task] as const)
  })
  const { release, canarySteadyMs, preparation } = plan
  const work = [
    [kind, service, tier, unit, canary, atOnce, gate, settleMs, progressDeadlineMs],
    instances.toSorted(([a], [b]) => a.localeCompare(b)),
    batches.map((batch) => batch.length),
    others.toSorted(),
    ...(release === null ? [] : [[release.at, release.to.digest, release.proof]]),
    ...(canarySteadyMs === 0 ? [] : [canarySteadyMs]),
    ...(preparation === null || preparation.doneBy !== null
      ? []
      : [[preparation.command, preparation.timeoutMs, preparation.env]]),
  ]
  return createHash('sha256').update(JSON.stringify(work)).digest('hex').slice(0, 12)
}

export function plannedInstance(unit: UnitView, input: PlanInput): PlannedInstance {
  const health = input.health.get(unit.unit)
  const report = reportOf(unit)
  const sidekicks = sidekicksOf(unit.unit, input).filter((sidekick) =>
    ['launched', 'loaded'].includes(input.cluster.units.get(sidekick)?.wanted ?? 'absent'),
  )
  const copies = (input.copies ?? [])
    .filter((copy) => copy.unit === unit.unit && !input.cluster.machines.has(copy.machine))
    .map(({ machine, ip }) => ({ machine, ip, answers: null }))
  const renews = input.units === true ? staleUnits([unit.unit, ...sidekicks], input.cluster) : []
  return {
    unit: unit.unit,
    task: renews.length > 0 ? 'renew' : 'replace',
    sidekicks,
    renews,
    machine: report === undefined ? null : { id: report.machine, ip: report.ip },
    state: stateText(unit),
    serving: serves(unit, input),
    identity: health?.kind === 'healthy' ? health.identity : null,
    runs: saidDigest(unit.unit, input),
    stopped: !isMoving(unit, input) && unit.wanted !== 'launched',
    ...(copies.length === 0 ? {} : { copies }),
  }
}

/** Those that exist, or are wanted, and that the plan does not count on. */
export const leftOut = (found: readonly UnitView[], counted: readonly UnitView[]): NonNullable<Plan['leftOut']> =>
  found
    .filter((unit) => unit.wanted !== 'absent' && !counted.includes(unit))
    .map((unit) => ({ unit: unit.unit, stopped: unit.wanted !== 'launched' }))

/** What an instance says of the release that it runs, in its own words; null when it says nothing. */
export function saysOf(
  unit: string,
  { health, announced }: Pick<PlanInput, 'health' | 'announced'>,
  proof: Proof,
): string | null {
  if (proof.by === 'key') return announced?.get(unit) ?? null
  const answer = health.get(unit)
  return answer?.kind === 'healthy' ? (answer.says ?? null) : null
}

/** The release that it says it runs, where its words are a digest, or those of a label of the planned one. */
function saidDigest(unit: string, input: PlanInput): string | null {
  const { release } = input
  if (release === null || release === undefined) return null
  const { proof } = release
  const says = saysOf(unit, input, proof)
  if (says === null) return null
  if (proof.by !== 'label') return digestIn(says)
  return release.to[proof.label] === says ? release.to.digest : null
}

/** One that there is not yet, with all its sidekicks. */
export const newInstance = (unit: string, input: PlanInput): PlannedInstance => ({
  unit,
  task: 'add',
  sidekicks: [...sidekicksOf(unit, input)],
  renews: [],
  machine: null,
  state: 'new',
  serving: false,
  identity: null,
  runs: null,
  stopped: false,
})

/** Those that the configuration names for this instance, whether or not there are such. */
export function sidekicksOf(unit: string, input: PlanInput): readonly string[] {
  const instance = instanceIn(input.unit, unit)
  return input.sidekicks.map((sidekick) => (instance === null ? sidekick : instanceOf(sidekick, instance)))
}

function inBatches(instances: readonly PlannedInstance[], sizes: readonly number[]): PlannedInstance[][] {
  let from = 0
  return sizes.map((size) => {
    const batch = instances.slice(from, from + size)
    from += size
    return batch
  })
}
