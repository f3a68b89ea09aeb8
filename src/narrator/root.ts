import { createHash } from 'node:crypto'
import { isOver } from '../domain/rollout.ts'
import type { Message } from '../ports/chat.ts'
import { reactionOf, rootMessage } from './board.ts'
import type { Desk, Sent } from './desk.ts'
import type { Story } from './position.ts'
import { inviteText } from './moved.ts'
import { failed } from './speaker.ts'
import type { Thread } from './thread-record.ts'

/**
 * The root message: posted once, edited in place when it changed and not too often, the final state always. Each step
 * answers how many milliseconds it must wait for the chat, or null when it has nothing left to do.
 */
export class RootMessage {
  readonly #desk: Desk
  #editedAt = Number.NEGATIVE_INFINITY

  constructor(desk: Desk) {
    this.#desk = desk
  }

  async post(story: Story): Promise<number | null> {
    const { thread, parts } = this.#desk
    if (thread.root !== null) return null
    const message = withMove(thread, rootMessage(story.rollout))
    const sent = await this.#desk.send('root', thread.home, message, { upTo: 0, urgent: isOver(story.rollout) })
    if (sent.kind === 'wait') return sent.ms
    if (sent.kind === 'thread-gone' && thread.home.thread !== null) {
      // The thread that the command was typed in is gone: the channel is not.
      await this.#desk.save({ home: { channel: thread.home.channel, thread: null }, sending: null })
      return 1
    }
    if (sent.kind !== 'sent') return this.#desk.move(story.rollout, reasonOf(sent))
    const { ref } = sent
    await this.#desk.save({
      root: ref,
      home: { channel: ref.channel, thread: thread.home.thread ?? ref.id },
      rootShown: fingerprint(message),
      sending: null,
      lastPost: ref.id,
    })
    this.#editedAt = parts.clock.monotonic()
    return null
  }

  async edit(story: Story): Promise<number | null> {
    const { thread, parts } = this.#desk
    if (thread.root === null) return null
    const message = withMove(thread, rootMessage(story.rollout))
    const print = fingerprint(message)
    if (print === thread.rootShown) return null
    const over = isOver(story.rollout)
    const due = this.#editedAt + parts.editEveryMs - parts.clock.monotonic()
    if (due > 0 && !over) return due
    const result = await parts.chat.edit(thread.root, message, { urgent: over })
    if (result.kind !== 'later') this.#editedAt = parts.clock.monotonic()
    switch (result.kind) {
      case 'done':
        await this.#desk.save({ rootShown: print })
        return null
      case 'message-gone':
        return (await this.postAnew()) ?? this.#keep(print, result.reason)
      case 'bad-layout': {
        const plain = await parts.chat.edit(thread.root, { text: message.text, sections: [] }, { urgent: over })
        return plain.kind === 'later' ? plain.retryAfterMs : this.#keep(print, result.reason)
      }
      case 'place-closed':
      case 'not-editable':
        return this.#keep(print, result.reason)
      case 'later':
      case 'unknown':
      case 'silenced':
        return waitOf(result)
    }
  }

  /** The one status reaction. A reaction that cannot be set is not worth a second try. */
  async react(story: Story): Promise<number | null> {
    const { thread, parts } = this.#desk
    const name = reactionOf(story.rollout)
    if (thread.root === null || thread.reaction === name) return null
    const result = await parts.chat.react(thread.root, name, { urgent: isOver(story.rollout) })
    if (result.kind === 'later' || result.kind === 'unknown') return waitOf(result)
    await this.#desk.save({ reaction: name })
    return null
  }

  /** Somebody deleted it: one new root, whose thread goes on. Null when there was a new one before. */
  async postAnew(): Promise<number | null> {
    const { thread } = this.#desk
    if (thread.reposts > 0) return null
    await this.#desk.save({
      root: null,
      rootShown: null,
      reaction: null,
      reposts: 1,
      home: homeWithoutRoot(thread),
      sending: null,
      lastPost: null,
    })
    return 1
  }

  /** It stays as it was; the thread says the rest. */
  async #keep(print: string, reason: string): Promise<null> {
    this.#desk.parts.log.warn({ rollout: this.#desk.thread.id, reason }, 'the root message cannot be edited any more')
    await this.#desk.save({ rootShown: print })
    return null
  }
}

/** The thread of a deleted root is lost with it, unless it was somebody else's thread. */
function homeWithoutRoot({ home, root }: Thread): Thread['home'] {
  return { channel: home.channel, thread: home.thread === root?.id ? null : home.thread }
}

function withMove(thread: Thread, message: Message): Message {
  if (!thread.moved) return message
  const note = `Told here, because I cannot speak where it was asked for. ${inviteText}`
  return { ...message, sections: [...message.sections, { kind: 'context', text: note }] }
}

export const reasonOf = (sent: Exclude<Sent, { kind: 'sent' | 'wait' }>): string =>
  sent.kind === 'closed' ? sent.reason : 'its thread is gone'

function waitOf(failure: Parameters<typeof failed>[0]): number {
  const spoken = failed(failure)
  return spoken.kind === 'later' ? Math.max(1, spoken.waitMs) : 60_000
}

/** Tells what a root message shows from what another shows. */
export const fingerprint = (message: Message): string =>
  createHash('sha256')
    .update(JSON.stringify([message.text, message.sections]))
    .digest('hex')
    .slice(0, 24)
