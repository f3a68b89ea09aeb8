import type { DriftInput, LeftCopy } from '../domain/drift.ts'
import type { Restart } from '../domain/drift-memory.ts'
import type { Lock } from '../domain/lock.ts'
import type { Blocker, Only, Plan, Planned, PlannedRelease } from '../domain/plan.ts'
import type { Stop } from '../domain/stop.ts'
import type { Target } from '../domain/target.ts'
import type { Release } from '../domain/release.ts'
import { byUnitName, instanceIn, parseUnitName } from '../domain/unit-name.ts'
import type { HealthGate, HealthResult } from '../ports/health.ts'
import { isForgotten, type ClusterView, type UnitView } from '../ports/scheduler.ts'
import { isUp } from './observation.ts'
import type { Settings } from './settings.ts'

/** The release that every instance says it runs: the rollback target if all of them are healthy. `to` is null where they do not agree. */
export interface Standby {
  readonly to: Release | null
  readonly afterMs: number
}

/** All that a plan depends on, as it is now. */
export interface PlanInput {
  readonly kind: Plan['kind']
  readonly target: Target
  /** How many instances there are to be, of a scale. */
  readonly to?: number | undefined
  /** Unit files that changed are rolled out too. */
  readonly units?: boolean | undefined
  /** The service's unit: a template, or a plain unit. */
  readonly unit: string
  readonly sidekicks: readonly string[]
  readonly settings: Settings
  readonly gate: HealthGate
  readonly cluster: Extract<ClusterView, { kind: 'known' }>
  /** The release to be rolled; null or absent where nothing is known of releases. */
  readonly release?: PlannedRelease | null
  /** What it is taken back to when it fails. */
  readonly rollback?: Plan['rollback']
  /** What it would be taken back to, if all that is rolled runs it and is well. */
  readonly standby?: Standby | null
  /** What runs before anything is changed. */
  readonly preparation?: Plan['preparation']
  /** Why nobody knows which release would be pulled. */
  readonly noRelease?: string | null
  /** What a person should know about it. */
  readonly releaseNotes?: readonly string[]
  /** The last good release, and the rollout that left it. */
  readonly good?: DriftInput['good']
  /** What the last rollout that succeeded left wanted running. */
  readonly left?: DriftInput['left']
  /** The units that should exist, and the rollout that left them. */
  readonly meant?: { readonly id: number; readonly units: readonly string[] } | null
  /** Copies that an earlier rollout did not see stop. */
  readonly copies?: readonly LeftCopy[]
  /** What was restarted outside of Opsee since the last rollout, as far as the schedule saw it. */
  readonly restarts?: readonly Restart[]
  /** What instances wrote to their keys about the release that they run, by unit; null for nothing. */
  readonly announced?: ReadonlyMap<string, string | null>
  /** Rules about releases that stand in the way. */
  readonly releaseRules?: readonly Blocker[]
  /** A person named the release, and did not only ask for what is wanted anyway. */
  readonly named?: boolean
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

export const isNamed = (unit: UnitView, input: PlanInput): boolean => input.only?.units.includes(unit.unit) ?? false

export const isMoving = (unit: UnitView, input: PlanInput): boolean =>
  unit.wanted !== 'inactive' && unit.wanted !== 'absent' && input.moving.includes(unit.unit)

export const impossible = (message: string): Planned => ({ kind: 'impossible', message, transient: false })

export function instancesOf(input: PlanInput): readonly UnitView[] {
  const plain = parseUnitName(input.unit)?.kind !== 'template'
  return [...input.cluster.units.values()]
    .filter((unit) => !isForgotten(unit))
    .filter((unit) => (plain ? unit.unit === input.unit : instanceIn(input.unit, unit.unit) !== null))
    .sort(byUnitName)
}

export const serves = (unit: UnitView, input: PlanInput): boolean =>
  isMoving(unit, input) ||
  (isUp(unit) && (input.gate.kind === 'none' || input.health.get(unit.unit)?.kind === 'healthy'))
