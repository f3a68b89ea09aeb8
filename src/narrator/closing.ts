import { aimOf, rolledNow } from '../domain/aim.ts'
import { durationText } from '../domain/duration.ts'
import { oldCopiesCount } from '../domain/old-copies.ts'
import { releaseText } from '../domain/release.ts'
import { rollbackVerdict } from '../domain/rollback-text.ts'
import { isTakenBack, tookMs, type Rollout } from '../domain/rollout.ts'
import { deedOf, personText, phaseText, words } from '../domain/wording.ts'
import type { Message } from '../ports/chat.ts'

/** The one line where the team follows. */
export function closingMessage(rollout: Rollout): Message {
  const { plan, id } = rollout
  const back = rollbackClosing(rollout)
  if (back !== null) return { text: back, sections: [{ kind: 'text', text: back }], key: `r${id}.closing` }
  const rolled = rolledNow(rollout)
  const done = rolled.filter((one) => one.stage === 'done').length
  const deed = isTakenBack(rollout) ? 'rolled back' : deedOf(plan)
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

/** Where it was rolled back: what failed, why and what runs now come first, and who asked for it last. */
function rollbackClosing(rollout: Rollout): string | null {
  const verdict = rollbackVerdict(rollout)
  if (verdict === null) return null
  const { id, requestedBy, reason, plan, phase } = rollout
  const ms = tookMs(rollout)
  const took = ms === null ? '' : ` after ${durationText(ms)}`
  const copies = oldCopiesCount(rollout)
  const asked = `${copies === null ? '' : `${copies} · `}${plan.kind} by ${personText(requestedBy)}${reason === null ? '' : ` ("${words(reason)}")`}${took}`
  return `${phase === 'rolled-back' ? '↩️' : '🚨'} ${verdict} · ${asked} (rollout ${id})`
}
