import { targetText, type Target } from '../../domain/target.ts'
import type { Rollout, WaitsFor } from '../../domain/rollout.ts'
import { waitsForText } from '../../domain/waiting-text.ts'
import { ago, code, count, fleetStateText, personText, series, words } from '../../domain/wording.ts'
import type { StartResult } from '../../services/capabilities.ts'
import type { Reply } from '../context.ts'
import { done, refused } from '../text.ts'
import { heldText } from './lock-text.ts'
import { pinnedText } from './pin-text.ts'
import { stoppedText } from './stop-text.ts'

/** Short, since the thread shows the rest. */
export function startedReply(
  result: StartResult,
  target: Target,
  more: { readonly next: readonly string[]; readonly notes: readonly string[]; readonly now: number },
): Reply {
  const where = `${target.service} ${target.tier}`
  switch (result.kind) {
    case 'started': {
      const first = `Rollout ${result.id} of ${target.service} to ${target.tier} has begun; follow it in the thread.${thenText(more.next)}`
      return done([first, ...more.notes], { rollouts: [result.id] })
    }
    case 'repeated':
      return done(
        `That was begun before, as rollout ${result.id} of ${where}: ${code(`show ${result.id}`)} says how it goes. If it failed too, ${code(`retry ${result.id}`)} takes up what it left.`,
        {
          rollouts: [result.id],
        },
      )
    case 'queued':
      return done([queuedText(result.id, result.for, target, more.next), ...more.notes], { rollouts: [result.id] })
    case 'joined':
      return joinedReply(result.rollout, target, more.now)
    case 'full': {
      const waiting =
        result.waiting.length === 0
          ? ''
          : ` ${count(result.waiting.length, 'rollout')} wait already, which is as many as may.`
      return refused(
        `Nothing was started: ${where} is not free (${words(waitsForText(result.for, target.tier))}).${waiting} ${code(`status ${targetText(target)}`)} shows what rolls, ${code(`queue ${targetText(target)}`)} what waits.`,
      )
    }
    case 'stopped':
      return refused(`Nothing was started. ${stoppedText(result.stop, more.now)}`)
    case 'pinned':
      return refused(`Nothing was started. ${pinnedText(result.pin, more.now)}`)
    case 'locked':
      return refused(`Nothing was started. ${heldText(result.lock, more.now)}`)
  }
}

/** The same request is live or waits already: one rollout serves both. */
export function joinedReply(rollout: Rollout, target: Target, now: number): Reply {
  const { id, requestedBy, createdAt, begunAt, waiting } = rollout
  const by = personText(requestedBy)
  const where = `${target.service} ${target.tier}`
  const text =
    waiting === null
      ? `Nothing was added: rollout ${id} of ${where} does just this already, begun ${ago(begunAt ?? createdAt, now)} by ${by}: ${fleetStateText(rollout)}. ${code(`show ${id}`)} says how it stands; once it has ended, the same command begins another one.`
      : `Nothing was added: rollout ${id} waits for ${where} already, since ${ago(createdAt, now)} by ${by}, and will do just this. ${code(`show ${id}`)} says how it stands, ${code(`queue ${targetText(target)}`)} who waits.`
  return done(text, { rollouts: [id] })
}

const thenText = (next: readonly string[]): string =>
  next.length === 0 ? '' : ` Then ${series(next)}, each once the one before has succeeded.`

function queuedText(id: number, waits: WaitsFor, target: Target, next: readonly string[]): string {
  const begins =
    waits.kind === 'yes'
      ? `${code(`confirm ${id}`)} starts it`
      : 'It begins by itself, once rights, locks and plan were checked again'
  return `Rollout ${id} of ${target.service} to ${target.tier} waits: ${words(waitsForText(waits, target.tier))}. ${begins}; ${code(`abort ${id}`)} takes it out.${thenText(next)}`
}
