import { aimOf, rolledNow } from '../domain/aim.ts'
import { durationText } from '../domain/duration.ts'
import { commandText } from '../domain/preparation-text.ts'
import { isPreparing } from '../domain/preparation.ts'
import {
  inFlight,
  isOver,
  isTakenBack,
  isWaiting,
  tookMs,
  type InstanceState,
  type Rollout,
} from '../domain/rollout.ts'
import { oldCopiesCount } from '../domain/old-copies.ts'
import { releaseText } from '../domain/release.ts'
import { waitsForText } from '../domain/waiting-text.ts'
import { clockText, count, deedOf, personText, phaseText, shortUnit, words } from '../domain/wording.ts'
import type { Message, Section } from '../ports/chat.ts'
import { buttonsOf } from './buttons.ts'

/** More instances than this are told in counts, with those that matter by name: a message has an end. */
const mostRows = 25

/**
 * The root message: the whole rollout as it is now. It changes only when the rollout does (no running clocks), so that
 * it is edited no more often than there is something to say.
 */
export function rootMessage(rollout: Rollout): Message {
  const { plan, id } = rollout
  const title = `${titleVerbs[plan.kind]} ${plan.service} ${plan.tier}${plan.scale === null ? '' : ` to ${plan.scale.to}`}`
  const verdict = verdictText(rollout)
  const sections: Section[] = [
    { kind: 'header', text: title },
    ...(isWaiting(rollout) || rollout.phase === 'cancelled'
      ? [{ kind: 'text', text: `*Rollout ${id} ${verdict}*` } as const]
      : boardSections(rollout, verdict)),
  ]
  if (!isOver(rollout) && rollout.held !== null)
    sections.push({ kind: 'text', text: `Waiting: ${words(rollout.held.reason)}` })
  if (!isOver(rollout) && rollout.stuck !== null)
    sections.push({ kind: 'text', text: `Stuck since ${clockText(rollout.stuck)}` })
  sections.push({ kind: 'context', text: contextText(rollout) })
  const buttons = buttonsOf(rollout)
  if (buttons.length > 0) sections.push({ kind: 'buttons', buttons })
  return {
    text: `Rollout ${id}: ${plan.kind} of ${plan.service} to ${plan.tier} ${verdict}`,
    sections,
    key: `r${id}.root`,
  }
}

const boardSections = (rollout: Rollout, verdict: string): Section[] => [
  { kind: 'text', text: `*Rollout ${rollout.id} ${verdict}*\n${bar(rollout)}` },
  ...rowsText(rollout).map((text): Section => ({ kind: 'text', text })),
]

const titleVerbs: Readonly<Record<Rollout['plan']['kind'], string>> = {
  deploy: 'Deploy',
  restart: 'Restart',
  scale: 'Scale',
  rollback: 'Roll back',
  promote: 'Promote',
}

/** "is rolling: 1 of 3 healthy, about 20s left", "failed: api@2 did not …". */
function verdictText(rollout: Rollout): string {
  const rolled = rolledNow(rollout)
  const total = rolled.length
  const done = rolled.filter((one) => one.stage === 'done').length
  const progress = `${done} of ${total} done`
  if (rollout.waiting !== null) return `waits: ${words(waitsForText(rollout.waiting.for, rollout.plan.tier))}`
  if (rollout.ending?.kind === 'cancelled') return `${phaseText(rollout.phase)}: ${words(rollout.ending.reason)}`
  if (isOver(rollout)) {
    const ms = tookMs(rollout)
    const took = ms === null ? '' : ` after ${durationText(ms)}`
    const why = rollout.ending?.kind === 'failed' ? `: ${words(rollout.ending.reason)}` : ''
    const copies = oldCopiesCount(rollout)
    return `${phaseText(rollout.phase)}${took}, ${progress}${copies === null ? '' : `, ${copies}`}${why}`
  }
  if (rollout.rollback?.stage === 'countdown') {
    const { reason, dueAt } = rollout.rollback
    return `failed and takes itself back at ${clockText(dueAt)}: ${words(reason)}; ${progress}`
  }
  if (rollout.ending?.kind === 'aborted') return `is being aborted by ${personText(rollout.ending.by)}, ${progress}`
  if (rollout.ending?.kind === 'failed') return `is failing: ${words(rollout.ending.reason)}; ${progress}`
  if (rollout.pause !== null) {
    const { kind, by } = rollout.pause
    const what = kind === 'stop' ? `stopped with all of ${rollout.plan.tier}` : 'paused'
    return `${rollout.phase === 'paused' ? 'is' : 'is being'} ${what} by ${personText(by)}, ${progress}`
  }
  if (isPreparing(rollout) && rollout.plan.preparation !== null) {
    const { command, timeoutMs } = rollout.plan.preparation
    const since = clockText(rollout.preparation?.since ?? rollout.createdAt)
    return `runs ${words(commandText(command))} first, since ${since} (up to ${durationText(timeoutMs)}); ${progress}`
  }
  return `${phaseText(rollout.phase)}: ${progress}${etaText(rollout)}`
}

/** From the instances done so far; nothing until there is one. Changes only when an instance is done. */
function etaText(rollout: Rollout): string {
  const took = rollout.instances.flatMap((one) =>
    one.stage === 'done' && one.startedAt !== null && one.finishedAt !== null ? [one.finishedAt - one.startedAt] : [],
  )
  const left = rollout.instances.filter((one) => one.stage === 'waiting' || inFlight(one)).length
  if (took.length === 0 || left === 0) return ''
  const each = took.reduce((sum, ms) => sum + ms, 0) / took.length
  const rounds = Math.ceil(left / rollout.plan.atOnce)
  return `, about ${durationText(Math.max(1000, Math.round((each * rounds) / 1000) * 1000))} left`
}

function bar(rollout: Rollout): string {
  const cells = Math.min(rollout.instances.length, 20)
  const share = (n: number) => Math.round((n * cells) / rollout.instances.length)
  const done = share(rollout.instances.filter((one) => one.stage === 'done').length)
  const moving = Math.min(cells - done, share(rollout.instances.filter(inFlight).length))
  return `${'■'.repeat(done)}${'▣'.repeat(moving)}${'□'.repeat(cells - done - moving)}`
}

/** One line per instance, in texts that fit a section each. */
function rowsText(rollout: Rollout): string[] {
  const all = rollout.instances
  const shown =
    all.length <= mostRows ? all : all.filter((one) => inFlight(one) || one.stage === 'failed').slice(0, mostRows)
  const lines = shown.map(rowText)
  if (shown.length < all.length) {
    const waiting = all.filter((one) => one.stage === 'waiting').length
    const done = all.filter((one) => one.stage === 'done').length
    lines.push(`${count(done, 'instance')} done, ${waiting} waiting`)
  }
  const texts: string[] = []
  for (const line of lines) {
    const last = texts.at(-1)
    if (last === undefined || last.length + line.length > 2800) texts.push(line)
    else texts[texts.length - 1] = `${last}\n${line}`
  }
  return texts
}

const stageWords: Readonly<Record<InstanceState['stage'], string>> = {
  waiting: 'waits',
  detaching: 'its sidekicks are stopping',
  stopping: 'is stopping',
  starting: 'is starting',
  proving: 'runs, not proven yet',
  attaching: 'healthy, its sidekicks are starting',
  removing: 'is being removed',
  done: 'done',
  failed: 'failed',
  kept: 'kept as it was',
}

function stageText({ task, stage }: InstanceState): string {
  if (task === 'renew' && stage === 'removing') return 'is being made anew'
  if (task === 'remove' && stage === 'done') return 'removed'
  return task === 'take-back' && stage === 'kept' ? 'taken back' : stageWords[stage]
}

function rowText(one: InstanceState): string {
  const where = one.machine ?? { ip: one.before.ip, id: one.before.machine }
  const moved = one.machine !== null && one.before.machine !== null && one.machine.id !== one.before.machine
  const place = words(where.ip ?? where.id?.slice(0, 8) ?? 'no machine')
  const from = moved && one.before.ip !== null ? ` (was ${words(one.before.ip)})` : ''
  const took =
    one.stage === 'done' && one.startedAt !== null && one.finishedAt !== null
      ? ` in ${durationText(Math.max(0, one.finishedAt - one.startedAt))}`
      : ''
  const note = one.note === null ? '' : `: ${words(one.note)}`
  return `\`${shortUnit(one.unit)}\` ${place}${from} - ${stageText(one)}${took}${note}`
}

function contextText(rollout: Rollout): string {
  const { plan } = rollout
  const taken = rollout.takenBy === null ? [] : [`taken over by ${personText(rollout.takenBy)}`]
  const aim = aimOf(rollout)
  const release = aim === null ? [] : [`release ${words(releaseText(aim.to))}`]
  const parts = [`by ${personText(rollout.requestedBy)}`, ...taken, ...release, `plan ${plan.hash}`]
  if (rollout.retryOf !== null) parts.push(`takes up rollout ${rollout.retryOf}`)
  if (rollout.next.length > 0) parts.push(`then ${rollout.next.join(', ')}`)
  if (rollout.reason !== null) parts.push(`"${words(rollout.reason)}"`)
  return parts.join(' · ')
}

/** The one status reaction. */
export function reactionOf(rollout: Rollout): string {
  switch (rollout.phase) {
    case 'queued':
      return 'hourglass'
    case 'rolling':
      return 'hourglass_flowing_sand'
    case 'paused':
      return 'double_vertical_bar'
    case 'rolling-back':
      return 'rewind'
    case 'succeeded':
      return oldCopiesCount(rollout) === null ? 'white_check_mark' : 'warning'
    case 'rolled-back':
      return 'leftwards_arrow_with_hook'
    case 'rollback-failed':
      return 'rotating_light'
    case 'failed':
      return 'x'
    case 'aborted':
      return 'no_entry_sign'
    case 'cancelled':
      return 'heavy_minus_sign'
  }
}

/** The one line where the team follows. */
export function closingMessage(rollout: Rollout): Message {
  const { plan, id } = rollout
  const rolled = rolledNow(rollout)
  const done = rolled.filter((one) => one.stage === 'done').length
  const deed = isTakenBack(rollout) ? 'taken back' : deedOf(plan)
  const aim = aimOf(rollout)
  const release = aim === null ? '' : `; release ${words(releaseText(aim.to))}`
  const ms = tookMs(rollout)
  const took = ms === null ? '' : ` in ${durationText(ms)}`
  const why = rollout.ending?.kind === 'failed' ? `: ${words(rollout.ending.reason)}` : ''
  const reason = rollout.reason === null ? '' : ` ("${words(rollout.reason)}")`
  const copies = oldCopiesCount(rollout)
  const head = `${plan.service} ${plan.tier}: ${plan.kind} by ${personText(rollout.requestedBy)}${reason}`
  const text =
    rollout.ending?.kind === 'cancelled'
      ? `${head} ${phaseText(rollout.phase)}: ${words(rollout.ending.reason)} (rollout ${id})`
      : `${head} ${phaseText(rollout.phase)}${took}, ${done} of ${rolled.length} ${deed}${copies === null ? '' : `, ${copies}`}${why}${release} (rollout ${id})`
  return { text, sections: [{ kind: 'text', text }], key: `r${id}.closing` }
}
