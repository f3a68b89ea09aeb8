import type { Door } from '../authorization/door.ts'
import { actorOf } from '../authorization/rights.ts'
import { lockedText } from '../domain/lock.ts'
import { parseAmount } from '../domain/amount.ts'
import { pinText } from '../domain/pin.ts'
import { standing, type PlanAsk } from '../domain/plan.ts'
import { stopText } from '../domain/stop.ts'
import type { Target } from '../domain/target.ts'
import { rolloutsText } from '../domain/waiting-text.ts'
import { words } from '../domain/wording.ts'
import type { Place } from '../ports/chat.ts'
import type { Log } from '../ports/log.ts'
import type { Entry } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import { followingRecord, type Following } from '../store/records.ts'
import type { Readers } from './capabilities.ts'
import { startFollowing, type StartParts } from './start-rollout.ts'

export interface FollowUpParts extends StartParts {
  readonly log: Log
  readonly door: Door
  readonly planner: Readers['planner']
  /** Tells the place where the list was asked for that it ends here; false when that must be tried again. */
  readonly tell: (place: Place, text: string) => Promise<boolean>
  /** Whether the configuration has this target. */
  readonly knows: (target: Target) => boolean
  /** Unlike any other. */
  readonly newKey: () => string
}

/**
 * Starts what follows in lists of services (`deploy a,b production`) when the one before has succeeded. Rights, locks
 * and the plan are looked at anew; what does not pass ends the list, and its place is told why.
 */
export async function followUp(parts: FollowUpParts): Promise<void> {
  const { entries } = await parts.store.range(keys.followings)
  for (const entry of entries) {
    try {
      await startNext(entry, followingRecord.read(entry), parts)
    } catch (error) {
      // One list's trouble is not another's. What may pass is tried again.
      parts.log.error({ key: entry.key, err: error }, 'what follows in a list could not be begun')
    }
  }
}

/** A fleet or a group that does not answer for this long ends the list. */
const patienceMs = 300_000

async function startNext(entry: Entry, note: Following, parts: FollowUpParts): Promise<void> {
  const [service = '', ...next] = note.next
  if (!parts.knows({ service, tier: note.tier })) {
    return endList(entry, note, 'it is no longer in the configuration', parts)
  }
  const target = { service, tier: note.tier }
  const { typed } = note
  const ask: PlanAsk = {
    kind: note.kind,
    ...(typed.units === true ? { units: true } : {}),
    batch: typed.batch === null ? null : parseAmount(typed.batch),
    canary: typed.canary,
    only: null,
  }
  const planned = await parts.planner.plan({ ...ask, target, actor: actorOf(note.requestedBy) })
  const obstacle = planned.kind === 'impossible' ? planned.message : standing(planned.blockers, typed.force)[0]?.message
  if (planned.kind === 'impossible' || obstacle !== undefined) {
    const mayPass = planned.kind === 'impossible' && planned.transient && parts.clock.now() - note.at < patienceMs
    if (mayPass) return
    return endList(entry, note, obstacle ?? '', parts)
  }

  const demand = { right: note.kind, scope: { kind: 'target', target }, owner: null } as const
  const answer = await parts.door.authorize({
    actor: actorOf(note.requestedBy),
    demands: [demand],
    command: note.command,
    requestKey: `following:${note.after}:${parts.newKey()}`,
    source: 'following',
    place: note.place,
  })
  if (answer.kind === 'denied') return endList(entry, note, answer.denial.message, parts)
  const context = answer.kind === 'allowed' ? answer.contexts[0] : undefined
  if (context === undefined) return
  const { plan } = planned
  const { place, command, reason } = note
  const result = await startFollowing(
    parts,
    context,
    { plan, ask, force: typed.force, place, command, reason, retryOf: null, next, typed },
    entry,
    typed.at ?? note.at,
  )
  switch (result.kind) {
    case 'started':
    case 'queued':
    case 'repeated':
      return
    case 'joined':
      return endList(entry, note, `rollout ${result.rollout.id} does just that already`, parts)
    case 'full':
      return endList(entry, note, `its queue is full: ${rolloutsText(result.waiting)} wait already`, parts)
    case 'stopped':
      return endList(entry, note, stopText(result.stop), parts)
    case 'pinned':
      return endList(entry, note, pinText(result.pin), parts)
    case 'locked':
      return endList(entry, note, lockedText(result.lock), parts)
  }
}

async function endList(entry: Entry, note: Following, why: string, parts: FollowUpParts): Promise<void> {
  const rest = [note.kind, note.next.join(','), note.tier, ...flagsOf(note.typed)].join(' ')
  const text = `<@${words(note.requestedBy.id)}> ${note.next[0] ?? ''} ${note.tier} was not begun after rollout ${note.after}: ${words(why)}\nTo go on: \`/opsee ${rest}\``
  // Told first: should the telling fail, the note stays and it is told later; twice rather than never.
  if (!(await parts.tell(note.place, text))) return
  await parts.store.commit({ require: [asBefore(entry.key, entry)], puts: [], deletes: [entry.key] })
  parts.log.warn({ after: note.after, next: note.next, why }, 'a list of services ends here')
}

function flagsOf(typed: Following['typed']): string[] {
  return [
    ...(typed.batch === null ? [] : [`--batch ${typed.batch}`]),
    ...(typed.canary === null ? [] : [`--canary ${typed.canary}`]),
    ...(typed.force ? ['--force'] : []),
    ...(typed.units === true ? ['--units'] : []),
  ]
}
