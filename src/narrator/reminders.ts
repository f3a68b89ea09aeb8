import { lockCovers } from '../domain/lock.ts'
import type { Rollout } from '../domain/rollout.ts'
import type { ChatWriter } from '../ports/chat.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Entry, StoreReader, StoreWriter } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import { readEach } from '../store/record.ts'
import { lockRecord, reminderRecord, stopRecord } from '../store/records.ts'
import { isSlackUser } from './moved.ts'
import { reminderText, type Hold } from './reminder-text.ts'

export interface ReminderParts {
  readonly store: StoreReader & StoreWriter
  readonly chat: ChatWriter
  readonly clock: Clock
  readonly log: Log
  /** A hold is called forgotten after this long, and again each time that it has passed; 0 for never. In milliseconds. */
  readonly everyMs: number
  /** Where it is said when the person cannot be written to. */
  readonly historyChannel: (tier: string) => string
  readonly allLive: () => Promise<readonly Rollout[]>
}

interface Held {
  readonly entry: Entry
  readonly hold: Hold
}

/**
 * Reminds whoever holds something without an end: a lock, or the stop of a tier. Which reminder it is is counted from the
 * hold's beginning and recorded before it is sent, together with that the hold still stands: of any number of processes one
 * sends it. A process that dies in between loses one reminder. Throws `StoreUnavailable`.
 */
export async function remind(parts: ReminderParts): Promise<void> {
  if (parts.everyMs === 0) return
  const { store } = parts
  // What was said is read first: a hold that is made meanwhile has no record here, and loses none.
  const said = await store.range(keys.reminders)
  const [locks, stops] = await Promise.all([store.range(keys.locks), store.range(keys.stops)])
  const held = [...locks.entries.flatMap(lockIn), ...stops.entries.flatMap(stopIn)]
  for (const one of held) {
    const key = keys.reminder(one.entry.key)
    await remindOf(one, said.entries.find((entry) => entry.key === key) ?? null, parts)
  }
  const kept = new Set(held.map(({ entry }) => keys.reminder(entry.key)))
  for (const entry of said.entries) {
    if (!kept.has(entry.key)) {
      await store.commit({ require: [asBefore(entry.key, entry)], puts: [], deletes: [entry.key] })
    }
  }
}

async function remindOf({ entry, hold }: Held, before: Entry | null, parts: ReminderParts): Promise<void> {
  const { store, clock, log } = parts
  const { at, tier } = hold.is
  const number = Math.floor((clock.now() - at) / parts.everyMs)
  const [last = null] = readEach(before === null ? [] : [before], reminderRecord).records
  // An unreadable reminder may be the one that is due. It is left as it is, and holds up no other.
  if (before !== null && last === null) return
  if (number < 1 || (last?.of === at && last.number >= number)) return
  const key = keys.reminder(entry.key)
  const claimed = await store.commit({
    require: [asBefore(entry.key, entry), asBefore(key, before)],
    puts: [{ key, value: reminderRecord.write({ of: at, number }) }],
  })
  // Another process says it, or it was lifted just now.
  if (claimed.kind === 'conflict') return
  if ((await say(hold, parts)) === 'said') {
    log.info({ tier, key: entry.key, number, by: hold.is.by.id }, 'reminded of a hold')
    return
  }
  // Nothing was shown: the next look says it.
  await store.commit({
    require: [{ kind: 'unchanged', key, modified: claimed.revision }],
    puts: last === null ? [] : [{ key, value: reminderRecord.write(last) }],
    deletes: last === null ? [key] : [],
  })
}

/** To the person alone; where that is closed, where the team follows. What nobody lets us say is not tried again. */
async function say(hold: Hold, parts: ReminderParts): Promise<'said' | 'later'> {
  const { chat, clock, log, everyMs } = parts
  const { by, tier } = hold.is
  const waiting = (await parts.allLive()).filter((rollout) => isHeldBy(hold, rollout)).map(({ id }) => id)
  const places = [
    ...(isSlackUser(by.id) ? [{ channel: by.id, whom: 'You' }] : []),
    { channel: parts.historyChannel(tier), whom: isSlackUser(by.id) ? `<@${by.id}>` : (by.name ?? by.id) },
  ]
  for (const { channel, whom } of places) {
    const text = reminderText(hold, { whom, waiting, everyMs, now: clock.now() })
    const sent = await chat.post({ channel, thread: null }, { text, sections: [{ kind: 'text', text }] })
    if (sent.kind === 'posted' || sent.kind === 'unknown') return 'said'
    if (sent.kind === 'later') return 'later'
    log.warn({ channel, reason: sent.reason }, 'a reminder could not be said there')
  }
  return 'said'
}

function isHeldBy(hold: Hold, { held, pause, plan }: Rollout): boolean {
  return hold.kind === 'lock'
    ? held?.by === 'lock' && lockCovers(hold.is, plan)
    : pause?.kind === 'stop' && plan.tier === hold.is.tier
}

/** A lock that ends by itself needs nobody. What cannot be read is told by whatever it holds. */
function lockIn(entry: Entry): readonly Held[] {
  try {
    const is = lockRecord.read(entry)
    return is.until === null ? [{ entry, hold: { kind: 'lock', is } }] : []
  } catch {
    return []
  }
}

function stopIn(entry: Entry): readonly Held[] {
  try {
    const is = stopRecord.read(entry)
    return is.kind === 'stop' ? [{ entry, hold: { kind: 'stop', is } }] : []
  } catch {
    return []
  }
}
