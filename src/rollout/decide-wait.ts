import type { Fact } from '../domain/event.ts'
import { standing, type Blocker, type Plan } from '../domain/plan.ts'
import type { Cancelled, Obstacle, Person, Rollout, WaitsFor } from '../domain/rollout.ts'
import { waitsForText } from '../domain/waiting-text.ts'
import type { QueuePlace } from '../store/records.ts'
import { failureObstacle, type FailedBefore } from './failed-before.ts'
import type { Wishes } from './journal.ts'
import type { Turn } from './line.ts'
import { pointlessNow } from './pointless.ts'

/** What came of planning it anew. */
export type Checked =
  | { readonly kind: 'plan'; readonly plan: Plan; readonly blockers: readonly Blocker[] }
  /** No answer now; it is asked again. */
  | { readonly kind: 'silent'; readonly reason: string }
  /** The target is as the rollout would leave it (`pointless`), or there is nothing to roll any more (`gone`). */
  | { readonly kind: 'impossible'; readonly why: 'pointless' | 'gone'; readonly reason: string }

export interface WaitSeen {
  readonly turn: Turn
  readonly abort: { readonly by: Person; readonly reason: string | null } | null
  /** Why nothing may begin on the target: locks of others, and records that cannot be read. */
  readonly holds: readonly string[]
  /** Null: not looked at yet. */
  readonly checked: Checked | null
  /** Rollouts of its target that failed while it waited; none where the configuration lets it start all the same. */
  readonly failed: readonly FailedBefore[]
  readonly yes: QueuePlace['yes']
  /** What `look-again` named the last time. */
  readonly differed: string | null
}

export type WaitStep =
  | { readonly kind: 'end'; readonly ending: Cancelled }
  /** The same object as before when nothing is new. */
  | { readonly kind: 'wait'; readonly for: WaitsFor; readonly facts: readonly Fact[] }
  /** Nothing but the fleet and the rights are left to look at. */
  | { readonly kind: 'check' }
  /** The plan is another one: a second look must show the same before anybody is asked. */
  | { readonly kind: 'look-again'; readonly differs: string }
  /** With this plan, once the right was asked for again. */
  | { readonly kind: 'begin'; readonly plan: Plan }

/** What becomes of a rollout that waits. Pure and total. An abort goes first, and nothing goes past a hold. */
export function decideWait(rollout: Rollout, seen: WaitSeen): WaitStep {
  const { abort, turn, holds, checked } = seen
  if (abort !== null) {
    const { by, reason } = abort
    const why = reason === null ? '' : `: ${reason}`
    return cancel('withdrawn', `${nameOf(by)} took it out of the queue${why}`, by)
  }
  if (turn.kind === 'turn') return wait(rollout, turn)
  const [hold] = holds
  if (hold !== undefined) return wait(rollout, { kind: 'hold', reason: hold })
  if (turn.kind === 'limit') return wait(rollout, turn)
  switch (checked?.kind) {
    case undefined:
      return { kind: 'check' }
    case 'impossible':
      return cancel(checked.why, checked.reason)
    case 'silent':
      return wait(rollout, { kind: 'answer', reason: checked.reason })
    case 'plan':
      return withPlan(rollout, seen, checked.plan, checked.blockers)
  }
}

function withPlan(rollout: Rollout, seen: WaitSeen, plan: Plan, blockers: readonly Blocker[]): WaitStep {
  const left = standing(blockers, rollout.waiting?.force ?? false)
  const locked = left.find((one) => one.kind === 'locked' || one.kind === 'stopped')
  if (locked !== undefined) return wait(rollout, { kind: 'hold', reason: locked.message })
  const pointless = pointlessNow(rollout, plan, left)
  if (pointless !== null) return cancel('pointless', pointless)
  const failure = failureObstacle(seen.failed)
  const shown = [...(failure === null ? [] : [failure]), ...left]
  const yes = seen.yes?.hash === plan.hash ? seen.yes : null
  const obstacles = shown.filter((one) => yes?.passes.includes(one.kind) !== true)
  if (obstacles.length === 0 && (yes !== null || plan.hash === rollout.plan.hash)) return { kind: 'begin', plan }
  const waits = {
    kind: 'yes',
    hash: plan.hash,
    obstacles: shown.map(({ kind, message }) => ({ kind, message })),
  } as const
  const before = rollout.waiting?.for
  const differs = planName(waits)
  if (before?.kind === 'yes' && planName(before) === differs) return { kind: 'wait', for: before, facts: [] }
  // One look may have come at a bad moment: a gate that did not answer once, a machine that was late. A failure is on record.
  const onRecord = left.length === 0 && plan.hash === rollout.plan.hash
  if (!onRecord && seen.differed !== differs) return { kind: 'look-again', differs }
  const fact: Fact = { kind: 'plan-changed', was: rollout.plan.hash, plan, obstacles: waits.obstacles }
  return { kind: 'wait', for: waits, facts: [fact] }
}

/** It leaves the queue, and nothing was done. */
const cancel = (why: Cancelled['why'], reason: string, by: Person | null = null): WaitStep => ({
  kind: 'end',
  ending: { kind: 'cancelled', why, by, reason },
})

const nameOf = ({ id, name }: Person): string => name ?? id

const planName = (waits: { readonly hash: string; readonly obstacles: readonly Obstacle[] }): string =>
  [waits.hash, ...waits.obstacles.map((one) => one.kind).sort()].join(' ')

/** Moving up is shown by the root message alone; another kind of waiting, or another hold, is told in a line. */
function wait(rollout: Rollout, waits: Exclude<WaitsFor, { kind: 'yes' }>): WaitStep {
  const before = rollout.waiting?.for
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(waits))
    return { kind: 'wait', for: before, facts: [] }
  const told = before?.kind === waits.kind && waits.kind !== 'hold'
  const facts: Fact[] = told ? [] : [{ kind: 'waits', reason: waitsForText(waits, rollout.plan.tier) }]
  return { kind: 'wait', for: waits, facts }
}

/** Whether others of the tier need not wait for it. */
export const isStuck = (waits: WaitsFor): boolean => {
  switch (waits.kind) {
    case 'turn':
    case 'limit':
      return false
    case 'hold':
    case 'answer':
    case 'yes':
      return true
  }
}

/** A pause is a hold like any other: whoever waits does not begin. */
export function holdsIn({ pause, holds }: Wishes): readonly string[] {
  if (pause === null) return holds
  const why = pause.reason === null ? '' : `: ${pause.reason}`
  const what = pause.kind === 'stop' ? 'its whole tier is stopped' : 'it is paused'
  return [`${what} by ${pause.by.name ?? pause.by.id}${why}`, ...holds]
}
