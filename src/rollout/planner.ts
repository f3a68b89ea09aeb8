import type { Config } from '../config/schema.ts'
import type { Catalog } from '../domain/catalog.ts'
import { lockExpired } from '../domain/lock.ts'
import { restartsAfter, type DriftMemory } from '../domain/drift-memory.ts'
import type { Meant } from '../domain/meant.ts'
import type { Planned, PlannedRelease } from '../domain/plan.ts'
import { keyOfUnit } from '../domain/proof-key.ts'
import type { Proof } from '../domain/release.ts'
import type { Rollout } from '../domain/rollout.ts'
import { targetText, type Target } from '../domain/target.ts'
import type { Clock } from '../ports/clock.ts'
import type { HealthGate, HealthProbe, HealthResult } from '../ports/health.ts'
import type { ClusterView, SchedulerReader, UnitView } from '../ports/scheduler.ts'
import type { PlanRequest, Readers } from '../services/capabilities.ts'
import type { PlanInput } from './plan-input.ts'
import { askGate, type AnnouncedPort } from './ask-gate.ts'
import { isUp, reportOf } from './observation.ts'
import { saysOf } from './plan-parts.ts'
import { releaseFor } from './plan-release.ts'
import { ranBefore } from './plan-rollback.ts'
import { planRollout } from './plan-rollout.ts'
import { UnreadableRecord } from '../store/record.ts'
import { gateOf, preparationFor, settingsOf } from './settings.ts'

export interface PlannerParts {
  readonly config: Pick<Config, 'services' | 'tiers' | 'engine'>
  readonly catalog: Catalog
  readonly clock: Clock
  readonly schedulerOf: (tier: string) => SchedulerReader
  readonly probe: HealthProbe
  readonly announcedPort: AnnouncedPort
  readonly locks: Readers['locks']
  readonly stops: Pick<Readers['stops'], 'on'>
  readonly pins: Pick<Readers['pins'], 'on'>
  readonly rollouts: Pick<Readers['rollouts'], 'live' | 'lastGood' | 'history' | 'left'>
  readonly drift: Readers['drift']
  readonly releases: Readers['releases']
  /** Longest wait for a look at the scheduler, in milliseconds. */
  readonly observeMs: number
}

/** Looks at the fleet, the gates, the locks and the live rollouts, side by side, and plans from what it saw. */
export function createPlanner(parts: PlannerParts): Readers['planner'] {
  return {
    async plan(request: PlanRequest): Promise<Planned> {
      const { target } = request
      const service = parts.catalog.serviceConfig(target.service)
      const tiers = parts.catalog.tiersOf(target.service)
      if (!tiers.includes(target.tier)) {
        return {
          kind: 'impossible',
          transient: false,
          message: `${target.service} is not deployed to ${target.tier}. It is deployed to: ${tiers.join(', ')}.`,
        }
      }
      const gate = gateOf(parts.config, target.service)
      const [cluster, locks, stop, live, { notes, rules, ...release }, { ended, meant, copies = [] }, memory] =
        await Promise.all([
          parts.schedulerOf(target.tier).observe(parts.observeMs),
          parts.locks.on(target),
          parts.stops.on(target.tier),
          parts.rollouts.live(target),
          releaseFor(request, parts),
          parts.rollouts.left(target),
          remembered(target, parts.drift),
        ])
      if (cluster.kind === 'unknown') {
        return {
          kind: 'impossible',
          transient: true,
          message: `${targetText(target)} cannot be planned: ${cluster.reason}. Try again, or look at fleet's machines.`,
        }
      }
      if (release.noRelease !== null && request.release !== undefined) {
        return {
          kind: 'impossible',
          transient: true,
          message: `${targetText(target)} cannot be planned: ${release.noRelease}.`,
        }
      }
      const now = parts.clock.now()
      const [health, announced] = await Promise.all([
        healthNow(cluster, service.unit, gate, target.service, parts),
        announcedNow(cluster, service.unit, release.release, parts.releases),
      ])
      const said = (proof: Proof): readonly (string | null)[] =>
        runningIn(cluster, service.unit).map(({ unit }) => saysOf(unit, { health, announced }, proof))
      const { standby, release: to } = release
      return planRollout({
        kind: request.kind,
        target,
        to: request.to,
        units: request.units,
        unit: service.unit,
        sidekicks: service.sidekicks,
        settings: settingsOf(parts.config, target, request),
        gate,
        cluster,
        health,
        announced,
        left: meant,
        meant: unitsOf(meant),
        copies,
        restarts: restartsAfter(memory, ended),
        stop,
        locks: locks.filter((lock) => lock.by.id !== request.actor.id && !lockExpired(lock, now)),
        live: live?.id ?? null,
        moving: live === null ? [] : underWay(live),
        only: request.only,
        ...release,
        standby:
          standby === null || to === null
            ? null
            : await ranBefore(standby, { target, to: to.to, says: said(to.proof) }, parts),
        preparation: preparationFor(parts.config, target.service, request),
        releaseNotes: notes,
        releaseRules: rules,
        named: request.release !== undefined,
      })
    },
  }
}

/** What only is told must not keep anything from being planned. */
async function remembered(target: Target, drift: Readers['drift']): Promise<DriftMemory | null> {
  try {
    return await drift.memory(target)
  } catch (error) {
    if (error instanceof UnreadableRecord) return null
    throw error
  }
}

/** What the live rollout takes away for a while: it serves again, or is found failed, by the time this plan is made anew. */
const underWay = (live: Rollout): readonly string[] =>
  live.instances.filter((one) => one.stage !== 'failed').map((one) => one.unit)

/** One try of the gate at every running instance. */
async function healthNow(
  cluster: Extract<ClusterView, { kind: 'known' }>,
  unit: string,
  gate: HealthGate,
  service: string,
  parts: Pick<PlannerParts, 'probe' | 'announcedPort'>,
): Promise<ReadonlyMap<string, HealthResult>> {
  if (gate.kind === 'none') return new Map()
  const answers = await Promise.all(
    runningIn(cluster, unit).map(async (one) => {
      const ip = reportOf(one)?.ip ?? null
      if (ip === null) return null
      const answer = await askGate(gate, { service, unit: one.unit, ip }, parts)
      const result: HealthResult = answer.kind === 'healthy' ? answer : { kind: 'unhealthy', reason: answer.reason }
      return [one.unit, result] as const
    }),
  )
  return new Map(answers.filter((answer) => answer !== null))
}

/** What each running instance wrote to its key about the release that it runs, where that is how it says so. */
async function announcedNow(
  cluster: Extract<ClusterView, { kind: 'known' }>,
  unit: string,
  release: PlannedRelease | null,
  releases: Pick<Readers['releases'], 'announced'>,
): Promise<ReadonlyMap<string, string | null>> {
  const proof = release?.proof
  if (proof?.by !== 'key') return new Map()
  const answers = await Promise.all(
    runningIn(cluster, unit).map(async (one) => {
      const answer = await releases.announced(keyOfUnit(proof.key, one.unit))
      return [one.unit, answer.kind === 'known' ? answer.value : null] as const
    }),
  )
  return new Map(answers)
}

function runningIn(cluster: Extract<ClusterView, { kind: 'known' }>, unit: string): readonly UnitView[] {
  const base = unit.split(/[@.]/)[0] ?? unit
  return [...cluster.units.values()].filter((one) => one.unit.split(/[@.]/)[0] === base && isUp(one))
}

/** The instances that should run. */
const unitsOf = (meant: Meant | null): NonNullable<PlanInput['meant']> | null =>
  meant === null ? null : { id: meant.id, units: meant.units.filter((one) => !one.stopped).map((one) => one.unit) }
