import type { Plan, PlanAsk } from '../domain/plan.ts'
import type { InstanceState, Person, Rollout, Typed, WaitsFor } from '../domain/rollout.ts'
import type { Place } from '../ports/chat.ts'
import type { Entry } from '../ports/store.ts'
import type { Asker } from './failed-before.ts'

export interface NewRollout {
  readonly plan: Plan
  /** What the plan was made from, to make it anew when its turn comes. */
  readonly ask: PlanAsk
  /** What force can pass is passed, then too. */
  readonly force: boolean
  readonly requestedBy: Person
  readonly command: string
  readonly reason: string | null
  readonly place: Place
  readonly audit: number
  readonly retryOf: number | null
  readonly next: readonly string[]
  readonly typed: Typed
  /** The note that asked for it, when a list of services goes on: it goes away in the same transaction. */
  readonly following: Entry | null
  readonly asker: Asker
}

/** As it is accepted; `waits` says what it waits for, and is null when it begins at once. */
export function newRollout(
  id: number,
  asked: NewRollout,
  waits: { readonly for: WaitsFor; readonly failuresAfter: number } | null,
  now: number,
): Rollout {
  return {
    id,
    plan: asked.plan,
    phase: waits === null ? 'rolling' : 'queued',
    ending: null,
    rollback: null,
    canaryPassed: false,
    ...newState(asked.plan, now),
    batch: 0,
    requestedBy: { id: asked.requestedBy.id, name: asked.requestedBy.name },
    command: asked.command,
    reason: asked.reason,
    place: { channel: asked.place.channel, thread: asked.place.thread },
    audit: asked.audit,
    retryOf: asked.retryOf,
    next: [...asked.next],
    typed: asked.typed,
    waiting: waits === null ? null : { ...waits, ask: asked.ask, force: asked.force },
    createdAt: now,
    begunAt: null,
    endedAt: null,
    driver: null,
    held: null,
    pause: null,
    takenBy: null,
    spentMs: 0,
    stuck: null,
    heard: null,
    seq: 1,
  }
}

/** Nothing was done of the plan yet. */
export const newState = (plan: Plan, now: number): Pick<Rollout, 'instances' | 'release' | 'preparation'> => ({
  instances: plan.batches.flatMap((batch, index) => batch.map((one) => newInstance(one, index, now))),
  release: plan.release === null ? null : { stage: 'waiting', calls: 0 },
  preparation:
    plan.preparation === null
      ? null
      : { stage: plan.preparation.doneBy === null ? 'waiting' : 'done', driver: null, since: now },
})

function newInstance(planned: Plan['batches'][number][number], batch: number, now: number): InstanceState {
  return {
    unit: planned.unit,
    task: planned.task,
    renews: planned.renews,
    sidekicks: planned.sidekicks,
    batch,
    stage: 'waiting',
    since: now,
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
    ...(planned.copies === undefined ? {} : { copies: planned.copies }),
  }
}
