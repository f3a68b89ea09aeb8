import type { PlannedInstance } from '../domain/plan.ts'
import { shortDigest } from '../domain/release.ts'
import type { UnitView } from '../ports/scheduler.ts'
import { parseUnitName, templateOf } from '../domain/unit-name.ts'
import { isMoving, isNamed, type PlanInput } from './plan-input.ts'
import { driftNotes } from './plan-drift.ts'
import { sidekicksOf } from './plan-parts.ts'
import { staleUnits } from './unit-files.ts'

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
  warnings.push(
    ...driftNotes(input, found),
    ...releaseWarnings(input, ordered),
    ...unitFileWarnings(input, found, ordered),
    ...unseenRestarts(input),
  )
  return warnings
}

/** fleet shows states and no processes, so only a health answer shows a quick restart (docs/adr/0020). */
export function unseenRestarts({ gate, target }: Pick<PlanInput, 'gate' | 'target'>): readonly string[] {
  if (gate.kind === 'http' && gate.identity !== null) return []
  const key = `\`services.${target.service}.health.identity\``
  const how = gate.kind === 'http' ? `${key} names a field that does` : `an http health check with ${key} does`
  return [`a quick restart of an instance would not be seen: nothing names its process, and ${how}`]
}

/** What runs is not what should, and what else there is to say about releases. */
function releaseWarnings({ release, releaseNotes = [] }: PlanInput, ordered: readonly PlannedInstance[]): string[] {
  if (release === null || release === undefined) return [...releaseNotes]
  const odd = ordered.filter((one) => one.runs !== null && one.runs !== release.from && one.runs !== release.to.digest)
  const early = ordered.filter((one) => one.runs === release.to.digest && release.from !== release.to.digest)
  return [
    ...releaseNotes,
    ...[...new Set(odd.map((one) => one.runs))].map((digest) => {
      const units = odd.filter((one) => one.runs === digest).map((one) => one.unit)
      return `${units.join(', ')} ${units.length === 1 ? 'runs' : 'run'} ${shortDigest(digest ?? '')} now`
    }),
    ...early.map((one) => `${one.unit} runs the new release already`),
  ]
}

export function downReason(one: PlannedInstance, input: PlanInput): string {
  const health = input.health.get(one.unit)
  return health?.kind === 'unhealthy' ? `${one.state}; ${health.reason}` : one.state
}

/** What runs of templates that say something else by now, and what becomes of it. */
function unitFileWarnings(
  input: PlanInput,
  found: readonly UnitView[],
  ordered: readonly PlannedInstance[],
): readonly string[] {
  const { cluster, unit } = input
  if (parseUnitName(unit)?.kind !== 'template') {
    // Its one file was replaced just now, and its machine has not taken that yet.
    if (found.some((one) => one.reports.some(({ hash }) => hash !== '' && one.hash !== null && hash !== one.hash))) {
      return [
        `the machine of ${unit} still runs another file of it than fleet has: fleet makes it anew by itself, so wait for that`,
      ]
    }
    return input.units === true
      ? [
          `${unit} is a plain unit: fleet keeps one file of it, which is what runs, so that \`--units\` changes nothing; a new one is rolled out with \`fleetctl start --replace\``,
        ]
      : []
  }
  const known = found.filter((one) => one.wanted === 'launched' || one.wanted === 'loaded').map((one) => one.unit)
  const warnings: string[] = []
  for (const template of [unit, ...input.sidekicks]) {
    const units = [...known, ...known.flatMap((one) => sidekicksOf(one, input))].filter(
      (one) => templateOf(one) === template && cluster.units.has(one),
    )
    const stale = staleUnits(units, cluster).map((one) => one.unit)
    const renewed = stale.filter((one) => ordered.some(({ renews }) => renews.some((anew) => anew.unit === one)))
    if (renewed.length > 0) {
      warnings.push(
        `${template} has changed: ${renewed.join(', ')} ${renewed.length === 1 ? 'is' : 'are'} destroyed and made anew from it`,
      )
    } else if (stale.length > 0) {
      warnings.push(
        `${template} has changed, and ${stale.length} of ${units.length} still run what it was (${stale.join(', ')}): a restart alone runs that again, \`--units\` rolls the new one out`,
      )
    } else if (input.units === true && !cluster.templates.has(template)) {
      warnings.push(`fleet has no ${template} to compare with: what was made from it stays as it is`)
    }
  }
  const none = warnings.length === 0 && input.units === true
  return none ? ['no unit file has changed: all run what fleet has'] : warnings
}
