import type { Rollout } from '../domain/rollout.ts'
import type { ChatReader, ChatWriter, Message, MessageRef, Place, Since } from '../ports/chat.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { isSlackUser, movedMessage } from './moved.ts'
import type { Positions, Telling } from './position.ts'
import { sayOnce } from './speaker.ts'
import type { Thread } from './thread-record.ts'

export interface NarratorParts {
  readonly positions: Positions
  readonly chat: ChatWriter & ChatReader
  readonly clock: Clock
  readonly log: Log
  /** Where a rollout's closing line goes. */
  readonly historyChannel: (tier: string) => string
  /** Shortest time between two edits of one root message, in milliseconds. */
  readonly editEveryMs: number
  /** Resolves when there may be something new of this rollout, or after `ms`. */
  readonly news: (id: number, ms: number, signal: AbortSignal) => Promise<void>
}

export type Sent =
  | { readonly kind: 'sent'; readonly ref: MessageRef }
  | { readonly kind: 'wait'; readonly ms: number }
  /** What it would be a reply to is gone. */
  | { readonly kind: 'thread-gone' }
  /** The place is closed to us, by the chat's own word. */
  | { readonly kind: 'closed'; readonly reason: string }

/** A minute of looks, two seconds apart. */
const mostBlindLooks = 30

/** The chat's clock and ours may differ by so much. */
const clocksApartMs = 300_000

/** One narrator's position in one thread: kept in the store before and after everything that is sent. */
export class Desk {
  readonly parts: NarratorParts
  readonly #telling: Telling
  readonly #lost: AbortSignal
  #thread: Thread
  /** How often it was looked in vain whether an earlier try arrived. */
  #blind = 0
  /** What is recorded as being sent was sent by this process, and surely did not arrive. */
  #notSent = false

  /** `lost` aborts when another narrator may tell this thread. */
  constructor(parts: NarratorParts, telling: Telling, thread: Thread, lost: AbortSignal) {
    this.parts = parts
    this.#lost = lost
    this.#telling = telling
    this.#thread = thread
  }

  get thread(): Thread {
    return this.#thread
  }

  async save(change: Partial<Thread>): Promise<void> {
    const next = { ...this.#thread, ...change }
    await this.parts.positions.save(this.#telling, next)
    this.#thread = next
  }

  /** Everything was told. */
  async close(): Promise<void> {
    await this.parts.positions.close(this.#telling, this.#thread)
  }

  /** Records that it will be sent, and sends it once. What was begun by an earlier narrator is looked for first. */
  async send(
    what: NonNullable<Thread['sending']>['what'],
    place: Place,
    message: Message,
    options: { readonly upTo: number; readonly urgent: boolean },
  ): Promise<Sent> {
    const { chat, clock, log } = this.parts
    const pending = this.#thread.sending?.what === what
    // Should the chat never let us look (a missing scope, a channel that is closed), the post itself must tell.
    const unsure = pending && !this.#notSent && this.#blind < mostBlindLooks
    if (!pending) await this.save({ sending: { what, key: message.key ?? '', upTo: options.upTo, at: clock.now() } })
    const { lastPost, sending } = this.#thread
    const from: Since =
      what === 'lines' && lastPost !== null
        ? { kind: 'message', id: lastPost }
        : { kind: 'time', ms: (sending?.at ?? clock.now()) - clocksApartMs }
    // A process that was stopped for a while may no longer be the narrator: the post cannot be called back.
    if (this.#lost.aborted) return { kind: 'wait', ms: 1 }
    const said = await sayOnce(chat, clock, log, { place, message, from, unsure, urgent: options.urgent })
    this.#notSent = said.kind === 'later' && said.sure
    this.#blind = unsure && said.kind === 'later' && !said.sure ? this.#blind + 1 : 0
    switch (said.kind) {
      case 'said':
        return { kind: 'sent', ref: said.ref }
      case 'later':
        return { kind: 'wait', ms: Math.max(1, said.waitMs) }
      case 'thread-gone':
        log.warn({ rollout: this.#thread.id, place, reason: said.reason }, 'a thread is gone')
        return { kind: 'thread-gone' }
      case 'closed':
        log.warn({ rollout: this.#thread.id, place, reason: said.reason }, 'a place is closed to us')
        return { kind: 'closed', reason: said.reason }
    }
  }

  /**
   * Tells it in the history channel instead; when that is closed too, nowhere. Who asked for it is told so, as the answer
   * to the command spoke of a thread. Answers how long to wait.
   */
  async move(rollout: Rollout, reason: string): Promise<number> {
    const thread = this.#thread
    const channel = thread.moved ? null : this.parts.historyChannel(rollout.plan.tier)
    await this.#tellPerson(rollout, movedMessage(rollout, { from: thread.home.channel, to: channel, reason }))
    if (channel === null) {
      this.parts.log.error({ rollout: thread.id }, 'nowhere to tell this rollout: it goes on in silence')
      await this.save({ silent: true, sending: null })
      return 1
    }
    await this.save({
      root: null,
      rootShown: null,
      home: { channel, thread: null },
      moved: true,
      sending: null,
      lastPost: null,
      reaction: null,
    })
    return 1
  }

  /** In a message of their own, once, and no more than a try: it keeps nothing from going on. */
  async #tellPerson({ id, requestedBy }: Rollout, message: Message): Promise<void> {
    if (!isSlackUser(requestedBy.id)) return
    const sent = await this.parts.chat.post({ channel: requestedBy.id, thread: null }, message)
    if (sent.kind !== 'posted') {
      this.parts.log.warn({ rollout: id, user: requestedBy.id, reason: sent.reason }, 'nor can the person be told')
    }
  }
}
