import { rolledNow } from './aim.ts'
import { durationText } from './duration.ts'
import { words } from './outside-text.ts'
import type { Plan } from './plan.ts'
import { isTakenBack, type InstanceState, type Phase, type Rollout } from './rollout.ts'

/** Words that the commands and the narrator share. Text from outside goes through one of these four. */
export { code, escape, link, words } from './outside-text.ts'

/** `@ann`; a mention where only the id is known, and the id itself where it is no Slack id. */
export const personText = (person: { readonly id: string; readonly name: string | null }): string =>
  person.name === null ? mention(person.id) : `@${words(person.name)}`

/** The id itself where it is no Slack id: builds deploy too, and nobody is called by that. */
export const mention = (id: string): string => (/^[UW][A-Z0-9]{2,}$/.test(id) ? `<@${id}>` : words(id))

/** `just now`, `4m ago`, `2h10m ago`. Times are milliseconds since the epoch. */
export function ago(at: number, now: number): string {
  const ms = now - at
  return ms < 1000 ? 'just now' : `${durationText(Math.floor(ms / 1000) * 1000)} ago`
}

/** `12:31:05 UTC`, for something of the last hours. */
export const clockText = (at: number): string => `${new Date(at).toISOString().slice(11, 19)} UTC`

/** `2026-11-29 12:31:05 UTC`, for something of any age. */
export const dateText = (at: number): string => `${new Date(at).toISOString().slice(0, 10)} ${clockText(at)}`

/** `2h10m`, for at least a second. */
export const span = (ms: number): string => durationText(Math.max(1000, Math.floor(ms / 1000) * 1000))

/** `1 instance`, `3 instances`. */
export const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? '' : 's'}`

/** `a`, `a and b`, `a, b and c`. */
export function series(items: readonly string[], joint: 'and' | 'or' = 'and'): string {
  const last = items.at(-1)
  if (last === undefined) return ''
  return items.length === 1 ? last : `${items.slice(0, -1).join(', ')} ${joint} ${last}`
}

/** `api@3` for `api@3.service`: what people call it. Other kinds of unit keep their ending. */
export const shortUnit = (unit: string): string => unit.replace(/\.service$/, '')

const phaseWords: Readonly<Record<Phase, string>> = {
  queued: 'waits',
  rolling: 'is rolling',
  paused: 'is paused',
  'rolling-back': 'is being rolled back',
  succeeded: 'succeeded',
  failed: 'failed',
  aborted: 'was aborted',
  'rolled-back': 'failed and was rolled back',
  'rollback-failed': 'failed, and its rollback failed too',
  cancelled: 'was cancelled before it began',
}

/** Behind "Rollout 12". */
export const phaseText = (phase: Phase): string => phaseWords[phase]

/** Behind "2 of 3": what becomes of a plan's instances. */
export function deedOf({ scale }: Pick<Plan, 'scale'>): 'replaced' | 'added' | 'removed' {
  if (scale === null) return 'replaced'
  return scale.to < scale.from ? 'removed' : 'added'
}

/** What an abort does to what is under way. */
export const abortText = (plan: Pick<Plan, 'scale'>): string =>
  deedOf(plan) === 'added' ? 'what is half started is taken back' : 'what is under way is brought back up'

/** What the rollout has done to the fleet so far: "4 of 12 instances replaced, api@5 is under way, 7 untouched". */
export function fleetStateText(rollout: Pick<Rollout, 'instances' | 'plan' | 'rollback'>): string {
  const { instances } = rollout
  const rolled = rolledNow(rollout)
  const done = instances.filter((instance) => instance.stage === 'done')
  const failed = instances.filter((instance) => instance.stage === 'failed')
  const taken = instances.filter((instance) => instance.stage === 'kept' && instance.task === 'take-back')
  const kept = instances.filter((instance) => instance.stage === 'waiting' || instance.stage === 'kept')
  const waiting = kept.filter((instance) => !taken.includes(instance))
  const moving = instances.filter((instance) => ![...done, ...failed, ...kept].includes(instance))
  const deed = isTakenBack(rollout) ? 'rolled back' : deedOf(rollout.plan)
  const parts = [`${done.length} of ${count(rolled.length, 'instance')} ${deed}`]
  if (moving.length > 0) parts.push(`${namesOf(moving)} under way`)
  if (failed.length > 0) parts.push(`${namesOf(failed)} failed`)
  if (taken.length > 0) parts.push(`${namesOf(taken)} taken back`)
  if (waiting.length > 0) parts.push(`${waiting.length} untouched`)
  return parts.join(', ')
}

function namesOf(instances: readonly InstanceState[]): string {
  const names = instances.map((instance) => shortUnit(instance.unit))
  return names.length > 4 ? count(names.length, 'instance') : series(names)
}
