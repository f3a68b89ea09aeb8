import { isDeepStrictEqual } from 'node:util'
import { judge, type DriftLook, type DriftMemory, type FoundAt } from '../domain/drift-memory.ts'
import { targetText, type Target } from '../domain/target.ts'
import type { ChatReader, ChatWriter } from '../ports/chat.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { StoreUnavailable, type Entry } from '../ports/store.ts'
import type { WorkSource } from '../services/claimed-work.ts'
import { WatchedByAnother, type DriftMemories, type Watching } from '../services/drift-memories.ts'
import { Outage } from '../store/outage.ts'
import { driftText } from './drift-text.ts'
import { sayOnce } from './speaker.ts'

export interface DriftWatchParts {
  readonly targets: readonly Target[]
  readonly memories: DriftMemories
  /** Looks at targets of one tier. Throws `StoreUnavailable`. */
  readonly look: (targets: readonly Target[]) => Promise<readonly FoundAt[]>
  readonly chat: ChatWriter & ChatReader
  readonly clock: Clock
  readonly log: Log
  /** From one look to the next, in milliseconds. */
  readonly everyMs: number
  readonly historyChannel: (tier: string) => string
}

/** Looking for drift again and again, as work that one process has at a time. */
export function driftWork(parts: DriftWatchParts): WorkSource<Watching> {
  return {
    what: 'drift watch',
    unclaimed: () => parts.memories.unclaimed(),
    claim: (_, lease) => parts.memories.claim(lease),
    work: (watching, lease, stop) => watch(new Watcher(watching, parts, AbortSignal.any([lease.lost, stop])), parts),
  }
}

/** In milliseconds. The first look comes soon after a process took it up, whenever the last one was. */
const firstLookMs = 300_000
const tickMs = 15_000
/** From the first look that finds something to the one that must find it again. */
const apartMs = 10_000
/** What has just ended may take a moment to be as it will stay. */
const quietMs = 120_000
/** The chat's clock and ours may differ by so much. */
const clocksApartMs = 300_000

async function watch(watcher: Watcher, { clock, log, everyMs }: DriftWatchParts): Promise<string> {
  const outage = new Outage(log, {}, 'who looks for drift')
  let dueAt = clock.monotonic() + Math.min(everyMs, firstLookMs)
  for (;;) {
    await clock.sleep(Math.min(everyMs, tickMs), watcher.stop)
    if (watcher.stop.aborted) return 'handed over'
    try {
      await watcher.sayUnsaid()
      if (clock.monotonic() >= dueAt) {
        dueAt = clock.monotonic() + everyMs
        await watcher.look()
      }
      outage.over()
    } catch (error) {
      if (error instanceof WatchedByAnother) return 'it is another process’s'
      if (error instanceof StoreUnavailable) outage.failed(error)
      else log.error({ err: error }, 'could not look for drift; trying again with the next look')
    }
  }
}

interface Remembered {
  readonly memory: DriftMemory | null
  readonly entry: Entry | null
}

/** Each line is recorded before it is said: whoever comes after a crash looks whether it is there, and says it if not. */
class Watcher {
  readonly stop: AbortSignal
  readonly #watching: Watching
  readonly #parts: DriftWatchParts
  /** Of these a line may be left to be said: of any, by whoever looked before. */
  #unsaid: readonly Target[]

  constructor(watching: Watching, parts: DriftWatchParts, stop: AbortSignal) {
    this.#watching = watching
    this.#parts = parts
    this.stop = stop
    this.#unsaid = parts.targets
  }

  async look(): Promise<void> {
    const { targets, memories } = this.#parts
    for (const tier of new Set(targets.map((target) => target.tier))) {
      if (this.stop.aborted) return
      await this.#lookAt(targets.filter((target) => target.tier === tier))
    }
    await memories.keepOnly(this.#watching, targets)
  }

  async #lookAt(targets: readonly Target[]): Promise<void> {
    const { clock, everyMs } = this.#parts
    const first = await this.#seen(targets)
    const known: { readonly target: Target; readonly look: DriftLook; readonly before: Remembered }[] = []
    for (const [target, look] of first) {
      const before = await this.#recall(target)
      // What it said last comes before what is new.
      if (before !== null && (before.memory?.sending ?? null) === null) known.push({ target, look, before })
    }
    const isNews = ({ look, before }: (typeof known)[number]): boolean =>
      judge(before.memory, look, look, clock.now()).news !== null
    const doubtful = known.filter(isNews).map(({ target }) => target)
    if (doubtful.length > 0) await clock.sleep(Math.min(apartMs, everyMs), this.stop)
    if (this.stop.aborted) return
    const second = doubtful.length === 0 ? new Map<Target, DriftLook>() : await this.#seen(doubtful)
    for (const { target, look, before } of known) {
      const again = doubtful.includes(target) ? second.get(target) : look
      if (again !== undefined && again.ended?.id === look.ended?.id) await this.#settle(target, before, look, again)
    }
  }

  /** Without those that cannot be judged now: their fleet is away, or a rollout changes them, or did just now. */
  async #seen(targets: readonly Target[]): Promise<ReadonlyMap<Target, DriftLook>> {
    const { look, clock, everyMs, log } = this.#parts
    const seen = new Map<Target, DriftLook>()
    const all = await look(targets)
    const away = all.find(({ found }) => found.kind === 'away')
    if (away !== undefined) log.warn({ tier: away.target.tier, ...away.found }, 'drift cannot be looked for')
    for (const { target, found } of all) {
      if (found.kind === 'unreadable')
        log.error(
          { target: targetText(target), faults: found.faults },
          'records of a target cannot be read: no drift check',
        )
      if (found.kind !== 'looked') continue
      if (found.ended !== null && clock.now() - found.ended.endedAt < Math.min(quietMs, everyMs)) continue
      seen.set(target, found)
    }
    return seen
  }

  /** Null: it cannot be read, and is left as it is. */
  async #recall(target: Target): Promise<Remembered | null> {
    try {
      return await this.#parts.memories.read(target)
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error
      this.#parts.log.error({ target: targetText(target), err: error }, 'what was seen of a target cannot be read')
      return null
    }
  }

  async #settle(target: Target, before: Remembered, first: DriftLook, second: DriftLook): Promise<void> {
    const { clock, memories, log } = this.#parts
    const now = clock.now()
    const { memory, news } = judge(before.memory, first, second, now)
    if (news === null) {
      if (!isDeepStrictEqual(memory, before.memory)) await memories.save(this.#watching, target, memory, before.entry)
      return
    }
    const text = driftText(target, news)
    log.info({ target: targetText(target), ...news }, 'drift')
    const told = { ...memory, lines: memory.lines + 1, sending: { text, at: now } }
    await memories.save(this.#watching, target, told, before.entry)
    if (!(await this.#say(target, false))) this.#unsaid = [...this.#unsaid, target]
  }

  /** What an earlier look, or an earlier process, could not say. */
  async sayUnsaid(): Promise<void> {
    while (!this.stop.aborted) {
      const [target, ...rest] = this.#unsaid
      if (target === undefined || !(await this.#say(target, true))) return
      this.#unsaid = rest
    }
  }

  /** False when it must be tried again. `unsure`: it may be there already. */
  async #say(target: Target, unsure: boolean): Promise<boolean> {
    const { memories, chat, clock, log, historyChannel } = this.#parts
    const before = await this.#recall(target)
    const memory = before?.memory ?? null
    if (before === null || memory === null || memory.sending === null) return true
    if (this.stop.aborted) return false
    const { text, at } = memory.sending
    const key = `drift.${memory.lines}.${target.tier}.${target.service}`.slice(0, 120)
    const said = await sayOnce(chat, clock, log, {
      place: { channel: historyChannel(target.tier), thread: null },
      message: { text, sections: [{ kind: 'text', text: text.slice(0, 2900) }], key },
      from: { kind: 'time', ms: at - clocksApartMs },
      unsure,
      urgent: false,
    })
    if (said.kind === 'later') return false
    if (said.kind !== 'said') log.error({ target: targetText(target), reason: said.reason }, 'nowhere to tell of drift')
    await memories.save(this.#watching, target, { ...memory, sending: null }, before.entry)
    return true
  }
}
