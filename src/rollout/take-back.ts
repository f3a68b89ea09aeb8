import { firstFailureText } from '../domain/failure-text.ts'
import { isTakenBack, type InstanceState, type Rollout } from '../domain/rollout.ts'
import type { Draft } from './draft.ts'
import type { Moment, Observation } from './observation.ts'
import { isChanged, runsOf } from './step-release.ts'

/**
 * A failed rollout takes itself back to the last good release: after a countdown that people can stop, extend and hurry, the
 * wanted release goes back, and the instances that were changed are rolled once more.
 */

/** Begins the countdown, where the plan says so and there is something to take back; false when there is not. */
export function planTakingBack(draft: Draft, seen: Observation, moment: Moment): boolean {
  const { plan, ending, rollback, release } = draft.rollout
  if (ending?.kind !== 'failed' || plan.rollback === null || plan.release === null || rollback !== null) return false
  if (ending.outside === true) return false
  const moved = release !== null && release.stage !== 'waiting' && plan.release.from !== plan.release.to.digest
  if (!moved && !draft.rollout.instances.some((one) => one.replaced)) return false
  // Somebody else has chosen another release meanwhile: that is not for this rollout to undo.
  const known = [plan.release.to.digest, plan.release.from, plan.rollback.to.digest]
  if (seen.wanted?.kind === 'known' && !known.includes(seen.wanted.digest)) return false
  const { to, id, afterMs } = plan.rollback
  const dueAt = moment.wall + afterMs
  const { reason, unit } = ending
  draft.set({
    phase: 'rolling-back',
    rollback: { stage: 'countdown', reason, unit, dueAt, by: null, again: [] },
    heard: seen.go?.audit ?? null,
    held: null,
    pause: null,
  })
  draft.fact({
    kind: 'rollback-due',
    to,
    id,
    reason,
    forMs: afterMs,
    dueAt,
    failure: firstFailureText(draft.rollout),
    journal: [],
    noJournal: null,
  })
  draft.say(`it is taken back in ${afterMs} ms`)
  return true
}

/** One look at the countdown; true while it goes on. */
export function countDown(draft: Draft, seen: Observation, moment: Moment): 'counting' | 'stopped' | 'due' {
  const { rollback, heard } = draft.rollout
  if (rollback === null) return 'stopped'
  if (seen.abort !== null) {
    const { by, reason } = seen.abort
    draft.set({ rollback: { ...rollback, stage: 'stopped', by } })
    draft.fact({ kind: 'rollback-stopped', by, reason })
    return 'stopped'
  }
  const { go } = seen
  if (go !== null && go.audit !== heard) {
    const dueAt = go.at + go.forMs
    draft.set({ rollback: { ...rollback, dueAt, by: go.by }, heard: go.audit })
    if (go.forMs > 0) draft.fact({ kind: 'rollback-put-off', by: go.by, dueAt, forMs: go.forMs })
    else return 'due'
  }
  draft.say('the countdown to taking it back runs')
  return moment.wall >= (draft.rollout.rollback?.dueAt ?? 0) ? 'due' : 'counting'
}

/** From here on the release of before is the one to be rolled, on all that may run the new one. */
export function turnBack(draft: Draft, seen: Observation, moment: Moment): void {
  const { plan, rollback, release } = draft.rollout
  if (rollback === null || release === null || plan.rollback === null) return
  // The last look is as old as the countdown is long.
  const changed = draft.rollout.instances.filter(
    (one) => isChanged(one, draft.rollout) || runsOf(one.unit, draft.rollout, seen) === plan.release?.to.digest,
  )
  // What is down already comes first: rolling it takes nobody's service away.
  const ordered = [
    ...changed.filter((one) => one.stage === 'failed'),
    ...changed.filter((one) => one.stage !== 'failed'),
  ]
  const turned = new Map(
    ordered.map((one, index) => [one.unit, rolledBack(one, Math.floor(index / plan.atOnce), moment)]),
  )
  draft.set({
    ending: null,
    phase: 'rolling-back',
    rollback: { ...rollback, stage: 'going' },
    release: { ...release, stage: 'waiting' },
    instances: draft.rollout.instances.map((one) => turned.get(one.unit) ?? { ...one, stage: 'kept', note: null }),
    batch: 0,
  })
  draft.comeOn()
  draft.fact({
    kind: 'rolling-back',
    by: rollback.by,
    to: plan.rollback.to,
    units: ordered.map((one) => one.unit),
  })
  draft.say(`it is taken back: ${ordered.length} instances`)
}

/** The wanted release is not seen to be back yet, which it must be whether or not an instance is to be rolled. */
export const mustStillMove = ({ rollback, release }: Pick<Rollout, 'rollback' | 'release'>): boolean =>
  isTakenBack({ rollback }) && release !== null && release.stage !== 'moved'

/** It is to be rolled once more, in this batch. */
export function rolledBack(one: InstanceState, batch: number, moment: Moment): InstanceState {
  return {
    ...one,
    task: 'replace',
    renews: [],
    batch,
    stage: 'waiting',
    since: moment.wall,
    attempt: 0,
    drops: 0,
    replaced: false,
    before: { machine: one.machine?.id ?? one.before.machine, ip: one.machine?.ip ?? one.before.ip, identity: null },
    startedAt: null,
    finishedAt: null,
    note: null,
    seen: [],
    proven: undefined,
    restarts: undefined,
    again: undefined,
    lost: undefined,
    heeded: undefined,
    machineLeft: undefined,
  }
}
