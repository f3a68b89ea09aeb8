import { createHash } from 'node:crypto'
import { amountOf } from '../domain/amount.ts'
import type { Lock } from '../domain/lock.ts'
import { lockText } from '../domain/lock.ts'
import type { Blocker, Only, Plan, Planned, PlannedInstance } from '../domain/plan.ts'
import { stopText, type Stop } from '../domain/stop.ts'
import type { Target } from '../domain/target.ts'
import { instanceIn, instanceOf, parseUnitName } from '../domain/unit-name.ts'
import type { HealthGate, HealthResult } from '../ports/health.ts'
import type { ClusterView, UnitView } from '../ports/scheduler.ts'
import { faultOfNamed } from './named.ts'
import { isUp, reportOf, stateText } from './observation.ts'
import { batchSizes, type Settings } from './settings.ts'

/** All that a plan depends on, as it is now. */
export interface PlanInput {
  readonly kind: Plan['kind']
  readonly target: Target
  /** The service's unit: a template, or a plain unit. */
  readonly unit: string
  readonly sidekicks: readonly string[]
  readonly settings: Settings
  readonly gate: HealthGate
  readonly cluster: Extract<ClusterView, { kind: 'known' }>
  /** What the gate says now, by unit; none for a unit that could not be asked. */
  readonly health: ReadonlyMap<string, HealthResult>
  /** Everything in its tier is stopped. */
  readonly stop: Stop | null
  /** Locks of others. */
  readonly locks: readonly Lock[]
  /** The live rollout on this target. */
  readonly live: number | null
  /** Units that the live rollout may have taken away just now: they count as if they served. */
  readonly moving: readonly string[]
  /** Null for all. */
  readonly only: Only | null
}

/** What a rollout would do, exactly, and what stands in its way. Pure. */
export function planRollout(input: PlanInput): Planned {
  const found = instancesOf(input)
  const where = `${input.target.service} in ${input.target.tier}`
  if (found.length === 0) {
    return impossible(
      `fleet knows no instance of ${input.unit}, so there is nothing to roll for ${where}. See what runs with \`status ${input.target.service} ${input.target.tier}\`.`,
    )
  }
  if (found.some((unit) => unit.global)) {
    return impossible(
      `${input.unit} is a global unit: fleet runs it on every machine at once, and it cannot be rolled one instance at a time.`,
    )
  }
  const fault = input.only === null ? null : faultOfNamed(input.only, found, where)
  if (fault !== null) return impossible(fault)
  // What a failed rollout had told to stop is taken up again, though nobody wants it running now; what a person named too.
  const again = (unit: UnitView): boolean => unit.wanted === 'loaded' && isNamed(unit, input)
  const wanted = found.filter((unit) => unit.wanted === 'launched' || again(unit) || isMoving(unit, input))
  const homeless = wanted.filter((unit) => unit.reports.length === 0 && unit.target === null)
  const placed = wanted.filter((unit) => !homeless.includes(unit))
  const rolled = placed.filter((unit) => input.only === null || isNamed(unit, input))
  if (rolled.length === 0) {
    return impossible(
      `No instance of ${where} is wanted running${input.only === null ? '' : ' any more'}: there is nothing to roll.`,
    )
  }
  const planned = rolled.map((unit) => plannedInstance(unit, input))
  // What is down already comes first: rolling it takes nobody's service away.
  const ordered = [...planned.filter((one) => !one.serving), ...planned.filter((one) => one.serving)]
  const { sizes } = batchSizes(ordered.length, input.settings)
  // A share is one of the service, and not of those that are named.
  const atOnce = amountOf(input.settings.batch, placed.length)
  const others = placed.filter((unit) => !rolled.includes(unit))
  const draft: Omit<Plan, 'hash'> = {
    kind: input.kind,
    service: input.target.service,
    tier: input.target.tier,
    unit: input.unit,
    batches: inBatches(ordered, sizes),
    others: others.map((unit) => unit.unit),
    canary: input.settings.canary > 0,
    atOnce,
    gate: input.gate,
    settleMs: input.settings.settleMs,
    progressDeadlineMs: input.settings.progressDeadlineMs,
    warnings: warningsFor(input, found, ordered, atOnce),
  }
  return {
    kind: 'plan',
    plan: { ...draft, hash: planHash(draft) },
    blockers: [...blockersFor(input, homeless, planned, atOnce), ...othersDown(input, others, planned, atOnce)],
  }
}

const isNamed = (unit: UnitView, input: PlanInput): boolean => input.only?.units.includes(unit.unit) ?? false

const isMoving = (unit: UnitView, input: PlanInput): boolean =>
  unit.wanted !== 'inactive' && unit.wanted !== 'absent' && input.moving.includes(unit.unit)

const impossible = (message: string): Planned => ({ kind: 'impossible', message, transient: false })

/**
 * Twelve hex digits that name what would be done: which instances with which sidekicks, how many at once, and what each
 * must prove. What was merely seen (machines, states, identities), and the order that follows from it, has no part: the
 * same plan, made again later, has the same hash.
 */
function planHash(plan: Omit<Plan, 'hash'>): string {
  const { kind, service, tier, unit, batches, others, canary, atOnce, gate, settleMs, progressDeadlineMs } = plan
  const instances = batches.flat().map((one) => [one.unit, one.sidekicks.toSorted()] as const)
  const work = [
    [kind, service, tier, unit, canary, atOnce, gate, settleMs, progressDeadlineMs],
    instances.toSorted(([a], [b]) => a.localeCompare(b)),
    batches.map((batch) => batch.length),
    others.toSorted(),
  ]
  return createHash('sha256').update(JSON.stringify(work)).digest('hex').slice(0, 12)
}

function instancesOf(input: PlanInput): readonly UnitView[] {
  const plain = parseUnitName(input.unit)?.kind !== 'template'
  return [...input.cluster.units.values()]
    .filter((unit) => (plain ? unit.unit === input.unit : instanceIn(input.unit, unit.unit) !== null))
    .sort((a, b) => a.unit.localeCompare(b.unit, 'en', { numeric: true }))
}

function plannedInstance(unit: UnitView, input: PlanInput): PlannedInstance {
  const instance = instanceIn(input.unit, unit.unit)
  const sidekicks = input.sidekicks
    .map((sidekick) => (instance === null ? sidekick : instanceOf(sidekick, instance)))
    .filter((sidekick) => ['launched', 'loaded'].includes(input.cluster.units.get(sidekick)?.wanted ?? 'absent'))
  const health = input.health.get(unit.unit)
  const report = reportOf(unit)
  return {
    unit: unit.unit,
    sidekicks,
    machine: report === undefined ? null : { id: report.machine, ip: report.ip },
    state: stateText(unit),
    serving: serves(unit, input),
    identity: health?.kind === 'healthy' ? health.identity : null,
    stopped: !isMoving(unit, input) && unit.wanted !== 'launched',
  }
}

const serves = (unit: UnitView, input: PlanInput): boolean =>
  isMoving(unit, input) ||
  (isUp(unit) && (input.gate.kind === 'none' || input.health.get(unit.unit)?.kind === 'healthy'))

function inBatches(instances: readonly PlannedInstance[], sizes: readonly number[]): PlannedInstance[][] {
  let from = 0
  return sizes.map((size) => {
    const batch = instances.slice(from, from + size)
    from += size
    return batch
  })
}

function warningsFor(
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

function downReason(one: PlannedInstance, input: PlanInput): string {
  const health = input.health.get(one.unit)
  return health?.kind === 'unhealthy' ? `${one.state}; ${health.reason}` : one.state
}

function blockersFor(
  input: PlanInput,
  homeless: readonly UnitView[],
  planned: readonly PlannedInstance[],
  atOnce: number,
): Blocker[] {
  const blockers: Blocker[] = input.locks.map((lock) => ({
    kind: 'locked',
    message: `${lockText(lock)} is locked by ${lock.by.name ?? lock.by.id}: ${lock.why}`,
    force: false,
  }))
  if (input.stop !== null) blockers.push({ kind: 'stopped', message: stopText(input.stop), force: false })
  if (input.live !== null) {
    blockers.push({ kind: 'busy', message: `rollout ${input.live} is under way on it`, force: false })
  }
  if (homeless.length > 0) {
    blockers.push({
      kind: 'unscheduled',
      message: `${homeless.map((unit) => unit.unit).join(', ')} ${homeless.length === 1 ? 'is' : 'are'} wanted, but no machine has room; \`--force\` rolls the others`,
      force: true,
    })
  }
  const down = planned.filter((one) => !one.serving)
  if (down.length > atOnce || (down.length > 0 && down.length === planned.length && planned.length > 1)) {
    const sick = down.filter((one) => input.health.get(one.unit)?.kind === 'unhealthy')
    blockers.push({
      kind: sick.length > 0 ? 'unhealthy' : 'already-down',
      message: `${down.length} of ${planned.length} instances do not serve now (${down.map((one) => `${one.unit}: ${downReason(one, input)}`).join('; ')}); \`--force\` goes on all the same`,
      force: true,
    })
  }
  return blockers
}

/** Those that are not rolled count as away too: with too many of them down, the rollout would only wait. */
function othersDown(
  input: PlanInput,
  others: readonly UnitView[],
  planned: readonly PlannedInstance[],
  atOnce: number,
): Blocker[] {
  const down = others.filter((unit) => !serves(unit, input)).map((unit) => unit.unit)
  if (!planned.some((one) => one.serving) || down.length < atOnce || down.length === 0) return []
  const message = `${down.join(', ')} ${down.length === 1 ? 'does' : 'do'} not serve now, and no more than ${atOnce} may be away at once: it would wait for ${down.length === 1 ? 'that one' : 'those'}. Restart ${down.length === 1 ? 'it' : 'them'} first; \`--force\` begins, and waits`
  return [{ kind: 'already-down', message, force: true }]
}
