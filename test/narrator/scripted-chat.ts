import type {
  ChatFailure,
  ChatReader,
  ChatWriter,
  Message,
  MessageRef,
  Place,
  SeenMessage,
  Since,
} from '../../src/ports/chat.ts'

interface Shown {
  readonly id: string
  readonly place: Place
  message: Message
  edits: number
}

/** What goes wrong with the next call of a kind: before anything is shown, or after it was. */
export interface Trouble {
  readonly call: 'post' | 'edit' | 'react'
  readonly failure: ChatFailure
  /** The message is shown all the same: only the answer is lost. */
  readonly shown?: boolean
}

/** A chat whose faults are scripted, for what no real one can be asked for at a chosen moment. */
export class ScriptedChat implements ChatWriter, ChatReader {
  readonly shown: Shown[] = []
  readonly reactions = new Map<string, string>()
  readonly troubles: Trouble[] = []
  readonly closed = new Set<string>()
  posts = 0
  /** A thread whose root is gone takes no replies, as a chat may have it. */
  threadsNeedRoots = false
  /** `ours` does not answer. */
  blind = false
  #next = 1

  async post(place: Place, message: Message): Promise<{ kind: 'posted'; ref: MessageRef } | ChatFailure> {
    this.posts++
    if (this.closed.has(place.channel)) return { kind: 'place-closed', reason: 'not_in_channel' }
    if (this.threadsNeedRoots && place.thread !== null && !this.shown.some(({ id }) => id === place.thread)) {
      return { kind: 'message-gone', reason: 'thread_not_found' }
    }
    const trouble = this.#trouble('post')
    if (trouble !== null && trouble.shown !== true) return trouble.failure
    const id = String(this.#next++).padStart(6, '0')
    this.shown.push({ id, place, message, edits: 0 })
    return trouble === null ? { kind: 'posted', ref: { channel: place.channel, id } } : trouble.failure
  }

  async edit(ref: MessageRef, message: Message): Promise<{ kind: 'done' } | ChatFailure> {
    const trouble = this.#trouble('edit')
    if (trouble !== null) return trouble.failure
    const found = this.shown.find((one) => one.id === ref.id)
    if (found === undefined) return { kind: 'message-gone', reason: 'message_not_found' }
    found.message = message
    found.edits++
    return { kind: 'done' }
  }

  async react(ref: MessageRef, name: string): Promise<{ kind: 'done' } | ChatFailure> {
    const trouble = this.#trouble('react')
    if (trouble !== null) return trouble.failure
    this.reactions.set(ref.id, name)
    return { kind: 'done' }
  }

  async whisper(): Promise<ChatFailure> {
    return { kind: 'later', retryAfterMs: 1, reason: 'nobody whispers here' }
  }

  async ours(place: Place, from: Since): Promise<readonly SeenMessage[] | null> {
    if (this.blind) return null
    return this.shown
      .filter(
        (one) => one.place.channel === place.channel && (place.thread === null || one.place.thread === place.thread),
      )
      .filter((one) => from.kind === 'time' || one.id > from.id)
      .map((one) => ({ id: one.id, text: one.message.text, key: one.message.key ?? null }))
  }

  async linkTo(ref: MessageRef, thread: string | null): Promise<string | null> {
    return `https://chat.example/${ref.channel}/${thread === null ? '' : `${thread}/`}${ref.id}`
  }

  /** A person deletes a message. */
  remove(id: string): void {
    this.shown.splice(
      this.shown.findIndex((one) => one.id === id),
      1,
    )
  }

  at(channel: string, inThread: boolean): Shown[] {
    return this.shown.filter((one) => one.place.channel === channel && (one.place.thread !== null) === inThread)
  }

  #trouble(call: Trouble['call']): Trouble | null {
    const at = this.troubles.findIndex((one) => one.call === call)
    return at < 0 ? null : (this.troubles.splice(at, 1)[0] ?? null)
  }
}
