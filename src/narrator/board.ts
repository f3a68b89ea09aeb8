import { rolledNow } from '../domain/aim.ts'
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
import { backOf, rollbackVerdict } from '../domain/rollback-text.ts'
import { waitsForText } from '../domain/waiting-text.ts'
import { clockText, count, personText, phaseText, shortUnit, words } from '../domain/wording.ts'
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
  const back = rollbackVerdict(rollout)
  return {
    text: `Rollout ${id}: ${back ?? `${plan.kind} of ${plan.service} to ${plan.tier} ${verdict}`}`,
    sections,
    key: `r${id}.root`,
  }
}

const boardSections = (rollout: Rollout, verdict: string): Section[] => [
  { kind: 'text', text: `*Rollout ${rollout.id} ${verdict}*\n${bar(rollout)}` },
  ...backSections(rollout),
  ...rowsText(rollout).map((text): Section => ({ kind: 'text', text })),
]

/** Its heading names the release that failed; this says what becomes of it. */
function backSections(rollout: Rollout): Section[] {
  const verdict = rollbackVerdict(rollout)
  if (verdict !== null) return [{ kind: 'text', text: `${rollout.phase === 'rolled-back' ? '↩️' : '🚨'} ${verdict}` }]
  const back = backOf(rollout)
  if (back === null || !isTakenBack(rollout)) return []
  return [{ kind: 'text', text: `↩️ ${back.failed} failed: ${back.cause} It is being rolled back to ${back.to}.` }]
}

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
  const kept = rollout.instances.length - total
  const untouched = kept === 0 ? '' : `, ${kept} never changed`
  const progress = `${done} of ${total} ${isTakenBack(rollout) ? `rolled back${untouched}` : 'done'}`
  if (rollout.waiting !== null) return `waits: ${words(waitsForText(rollout.waiting.for, rollout.plan.tier))}`
  if (rollout.ending?.kind === 'cancelled') return `${phaseText(rollout.phase)}: ${words(rollout.ending.reason)}`
  if (isOver(rollout)) {
    const ms = tookMs(rollout)
    const took = ms === null ? '' : ` after ${durationText(ms)}`
    const isSaid = rollbackVerdict(rollout) !== null
    const why = rollout.ending?.kind === 'failed' && !isSaid ? `: ${words(rollout.ending.reason)}` : ''
    const copies = oldCopiesCount(rollout)
    return `${phaseText(rollout.phase)}${took}, ${progress}${copies === null ? '' : `, ${copies}`}${why}`
  }
  if (rollout.rollback?.stage === 'countdown') {
    const { reason, dueAt } = rollout.rollback
    const to = backOf(rollout)?.to
    return `failed and rolls back${to === undefined ? '' : ` to ${to}`} at ${clockText(dueAt)}: ${words(reason)}; ${progress}`
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
  const left = rolledNow(rollout).filter((one) => one.stage === 'waiting' || inFlight(one)).length
  if (took.length === 0 || left === 0) return ''
  const each = took.reduce((sum, ms) => sum + ms, 0) / took.length
  const rounds = Math.ceil(left / rollout.plan.atOnce)
  return `, about ${durationText(Math.max(1000, Math.round((each * rounds) / 1000) * 1000))} left`
}

/** Of the instances that it is about now: a rollback has a bar of its own. */
function bar(rollout: Rollout): string {
  const rolled = rolledNow(rollout)
  if (rolled.length === 0) return ''
  const cells = Math.min(rolled.length, 20)
  const share = (n: number) => Math.round((n * cells) / rolled.length)
  const done = share(rolled.filter((one) => one.stage === 'done').length)
  const moving = Math.min(cells - done, share(rolled.filter(inFlight).length))
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
  // What the person wrote is about the release that was asked for, also once that is rolled back.
  const asked = `by ${personText(rollout.requestedBy)}${rollout.reason === null ? '' : ` ("${words(rollout.reason)}")`}`
  const parts = [asked, ...taken, ...releaseParts(rollout), `plan ${plan.hash}`]
  if (rollout.retryOf !== null) parts.push(`takes up rollout ${rollout.retryOf}`)
  if (rollout.next.length > 0) parts.push(`then ${rollout.next.join(', ')}`)
  return parts.join(' · ')
}

function releaseParts({ plan, rollback }: Rollout): readonly string[] {
  if (plan.release === null) return []
  const asked = words(releaseText(plan.release.to))
  if (plan.rollback === null || !isTakenBack({ rollback })) return [`release ${asked}`]
  return [`failed release ${asked}`, `back to ${words(releaseText(plan.rollback.to))}`]
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
