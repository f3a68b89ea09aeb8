import type { Plan, PlannedInstance } from '../../src/domain/plan.ts'
import type { InstanceState, Rollout } from '../../src/domain/rollout.ts'
import type { NewRollout } from '../../src/rollout/new-rollout.ts'
import type { PlanInput } from '../../src/rollout/plan-input.ts'

/** Builders of plans and rollouts. Every test starts from these, so a new field is added in one place. */

/** An instance that runs on a machine of its own, serves, and is to be replaced. */
export const plannedInstance = (unit: string, change: Partial<PlannedInstance> = {}): PlannedInstance => ({
  unit,
  task: 'replace',
  renews: [],
  sidekicks: [],
  machine: { id: `m${unit}`, ip: '127.0.0.1' },
  state: 'active/running',
  serving: true,
  identity: null,
  runs: null,
  stopped: false,
  ...change,
})

/**
 * A deploy of `units`, `atOnce` per batch, in order. `sidekicks` are templates such as `api-elb@.service`: each instance
 * gets its own of each.
 */
export function planOf(
  change: Partial<Plan> & { readonly units?: readonly string[]; readonly sidekicks?: readonly string[] } = {},
): Plan {
  const { units = ['api@1.service', 'api@2.service', 'api@3.service'], sidekicks = [], ...rest } = change
  const atOnce = rest.atOnce ?? 1
  const batches: Plan['batches'] = []
  for (let from = 0; from < units.length; from += atOnce) {
    batches.push(
      units.slice(from, from + atOnce).map((unit) => {
        const number = /@(\d+)/.exec(unit)?.[1] ?? ''
        return plannedInstance(unit, { sidekicks: sidekicks.map((one) => one.replace('@', `@${number}`)) })
      }),
    )
  }
  return {
    kind: 'deploy',
    service: 'api',
    tier: 'production',
    unit: 'api@.service',
    batches,
    others: [],
    scale: null,
    release: null,
    rollback: null,
    preparation: null,
    canary: false,
    canarySteadyMs: 0,
    atOnce,
    gate: { kind: 'none' },
    settleMs: 2000,
    progressDeadlineMs: 120_000,
    warnings: [],
    hash: 'abc',
    ...rest,
  }
}

/** As `planOf`, but a scale: each unit is added, or removed. */
export function scaleOf(task: 'add' | 'remove', change: Parameters<typeof planOf>[0] = {}): Plan {
  const plan = planOf(change)
  const batches = plan.batches.map((batch) => batch.map((one) => ({ ...one, task, serving: task === 'remove' })))
  const [here, moved] = [plan.others.length, batches.flat().length]
  const scale = task === 'add' ? { from: here, to: here + moved } : { from: here + moved, to: here }
  return { ...plan, kind: 'scale', batches, scale }
}

/** An instance of batch `batch` that Opsee has not touched yet. */
export const instanceOf = (
  planned: PlannedInstance,
  batch: number,
  change: Partial<InstanceState> = {},
): InstanceState => ({
  unit: planned.unit,
  task: planned.task,
  renews: planned.renews,
  sidekicks: planned.sidekicks,
  batch,
  stage: 'waiting',
  since: 0,
  attempt: 0,
  drops: 0,
  calls: 0,
  replaced: false,
  before: { machine: planned.machine?.id ?? null, ip: planned.machine?.ip ?? null, identity: planned.identity },
  runs: planned.runs,
  machine: null,
  startedAt: null,
  finishedAt: null,
  note: null,
  seen: [],
  ...change,
})

/** Rollout 1 of this plan, which ann asked for and which has just begun. */
export const rolloutOf = (plan: Plan, change: Partial<Rollout> = {}): Rollout => ({
  id: 1,
  plan,
  phase: 'rolling',
  ending: null,
  release: plan.release === null ? null : { stage: 'waiting', calls: 0 },
  rollback: null,
  preparation: plan.preparation === null ? null : { stage: 'waiting', driver: null, since: 0 },
  canaryPassed: false,
  heard: null,
  instances: plan.batches.flatMap((batch, index) => batch.map((one) => instanceOf(one, index))),
  batch: 0,
  requestedBy: { id: 'U1', name: 'ann' },
  command: 'deploy api production',
  reason: null,
  place: { channel: 'C1', thread: null },
  audit: 1,
  retryOf: null,
  next: [],
  typed: { batch: null, canary: null, force: false },
  waiting: null,
  createdAt: 0,
  begunAt: null,
  endedAt: null,
  driver: null,
  held: null,
  pause: null,
  takenBy: null,
  spentMs: 0,
  stuck: null,
  seq: 1,
  ...change,
})

/** A request for a rollout of this plan, as ann makes it. */
export const askedFor = (plan: Plan, change: Partial<NewRollout> = {}): NewRollout => ({
  plan,
  ask: { kind: plan.kind, batch: null, canary: null, only: null },
  force: false,
  requestedBy: { id: 'U1', name: 'ann' },
  command: 'deploy api production',
  reason: null,
  place: { channel: 'C1', thread: null },
  audit: 1,
  retryOf: null,
  next: [],
  typed: { batch: null, canary: null, force: false },
  following: null,
  asker: { kind: 'person' },
  ...change,
})

/** The settings of a service whose instances are replaced one at a time, without a canary. */
export const settingsOf = (change: Partial<PlanInput['settings']> = {}): PlanInput['settings'] => ({
  batch: { kind: 'count', count: 1 },
  canary: 0,
  canarySteadyMs: 0,
  settleMs: 1000,
  progressDeadlineMs: 60_000,
  ...change,
})

/** The planner's input for a deploy of a service that has no instance yet. */
export const planInputOf = (change: Partial<PlanInput> = {}): PlanInput => ({
  kind: 'deploy',
  target: { service: 'api', tier: 'production' },
  unit: 'api@.service',
  sidekicks: [],
  settings: settingsOf(),
  gate: { kind: 'none' },
  cluster: { kind: 'known', startedAt: 0, endedAt: 0, machines: new Map(), units: new Map(), templates: new Map() },
  health: new Map(),
  locks: [],
  stop: null,
  live: null,
  moving: [],
  only: null,
  ...change,
})
