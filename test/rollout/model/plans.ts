import type { SeenUnit } from '../../../src/adapters/fleet/view.ts'
import type { PlanAsk, Planned } from '../../../src/domain/plan.ts'
import { meantBy } from '../../../src/domain/meant.ts'
import { isOver, type Rollout } from '../../../src/domain/rollout.ts'
import type { HealthGate, HealthResult } from '../../../src/ports/health.ts'
import type { UnitView } from '../../../src/ports/scheduler.ts'
import type { PlanInput } from '../../../src/rollout/plan-input.ts'
import { planInputOf, settingsOf } from '../../support/rollouts.ts'
import type { Engine } from './engine.ts'
import type { ModelFleet, ModelUnit } from './fleet.ts'

/** Plans as the planner makes them, of the fleet as it is at that moment. */

export interface ToPlan extends Pick<PlanInput, 'release' | 'rollback' | 'preparation'> {
  readonly ask: Pick<PlanAsk, 'kind' | 'to' | 'units'>
  readonly fleet: ModelFleet
  readonly isWell: (unit: ModelUnit) => boolean
  readonly sidekicks: boolean
  readonly atOnce: number
  readonly gate: HealthGate
  /** All rollouts so far, oldest first. */
  readonly rollouts: readonly Rollout[]
}

export function planFrom(engine: Pick<Engine, 'planRollout'>, parts: ToPlan): Planned {
  const { ask, fleet, isWell, sidekicks, atOnce, rollouts, ...known } = parts
  const { machines, units, templates } = fleet.seen()
  const health = new Map(
    [...fleet.units.values()].map((unit): [string, HealthResult] => [
      unit.name,
      isWell(unit) && unit.state === 'running'
        ? { kind: 'healthy', identity: String(unit.life), says: unit.runs }
        : { kind: 'unhealthy', reason: 'HTTP 503' },
    ]),
  )
  const planned = engine.planRollout(
    planInputOf({
      ...known,
      kind: ask.kind,
      to: ask.to,
      units: ask.units,
      left: meantBy(rollouts.filter(isOver)),
      sidekicks: sidekicks ? ['api-elb@.service'] : [],
      settings: settingsOf({ batch: { kind: 'count', count: atOnce }, progressDeadlineMs: 45_000 }),
      cluster: {
        kind: 'known',
        startedAt: 0,
        endedAt: 0,
        machines,
        units: new Map([...units].map(([name, unit]) => [name, longSo(unit)])),
        templates,
      },
      health,
    }),
  )
  // Whoever waits says yes to what it has become.
  return planned.kind === 'plan' ? { ...planned, plan: { ...planned.plan, hash: 'abc' } } : planned
}

/** What is so has been so for long. */
const longSo = (unit: SeenUnit): UnitView => ({ ...unit, sameFor: { views: 10, since: 0 }, wantedFor: 10, flaps: 0 })
