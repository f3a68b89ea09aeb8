import type { ChatFailure, ChatReader, ChatWriter, Message, MessageRef, Place, Since } from '../ports/chat.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'

export type Spoken =
  | { readonly kind: 'said'; readonly ref: MessageRef }
  /** Not now: try what is newest then. `sure`: it surely did not arrive, and need not be looked for. */
  | { readonly kind: 'later'; readonly waitMs: number; readonly sure: boolean }
  /** The message that it would be a reply to is gone; the channel may well be open. */
  | { readonly kind: 'thread-gone'; readonly reason: string }
  /** This place cannot be spoken at. */
  | { readonly kind: 'closed'; readonly reason: string }

/** How long a message is looked for after its answer was lost, before it is sent again: a chat shows it late. */
const lookMs = 5000

/** The chat is asked again after this long, whatever it said: it sends nothing before it may. */
const longestWaitMs = 2000

/**
 * Says a thing exactly once. `unsure` is true when an earlier try may have arrived (a crash, a lost answer): then it
 * first looks for the message among ours.
 */
export async function sayOnce(
  chat: ChatWriter & ChatReader,
  clock: Clock,
  log: Log,
  saying: {
    readonly place: Place
    readonly message: Message
    /** From where on to look for it. */
    readonly from: Since
    readonly unsure: boolean
    readonly urgent: boolean
  },
): Promise<Spoken> {
  const { place, message, from, urgent } = saying
  if (saying.unsure) {
    const found = await find(chat, place, message, from)
    if (found === 'unknown') return { kind: 'later', waitMs: 2000, sure: false }
    if (found !== null) return { kind: 'said', ref: found }
  }
  let result = await chat.post(place, message, { urgent })
  if (result.kind === 'bad-layout') {
    log.error({ message: message.key, reason: result.reason }, 'the chat refused a layout: sending the text alone')
    const plain = { text: message.text, sections: [{ kind: 'text', text: message.text }] as const }
    result = await chat.post(place, message.key === undefined ? plain : { ...plain, key: message.key }, { urgent })
  }
  if (result.kind === 'posted') return { kind: 'said', ref: result.ref }
  if (result.kind === 'unknown') {
    await clock.sleep(lookMs)
    const found = await find(chat, place, message, from)
    return found === null || found === 'unknown'
      ? { kind: 'later', waitMs: 1000, sure: found === null }
      : { kind: 'said', ref: found }
  }
  // Its turn may be far off, and what there is to say may be urgent by then.
  if (result.kind === 'later') {
    return { kind: 'later', waitMs: Math.min(result.retryAfterMs, longestWaitMs), sure: true }
  }
  return failed(result)
}

export function failed(failure: ChatFailure): Exclude<Spoken, { kind: 'said' }> {
  switch (failure.kind) {
    case 'later':
      return { kind: 'later', waitMs: failure.retryAfterMs, sure: true }
    case 'unknown':
      return { kind: 'later', waitMs: 1000, sure: false }
    case 'message-gone':
      return { kind: 'thread-gone', reason: failure.reason }
    case 'place-closed':
    case 'not-editable':
    case 'bad-layout':
      return { kind: 'closed', reason: failure.reason }
    case 'silenced':
      return { kind: 'later', waitMs: 60_000, sure: true }
  }
}

async function find(
  chat: ChatReader,
  place: Place,
  message: Message,
  from: Since,
): Promise<MessageRef | null | 'unknown'> {
  const ours = await chat.ours(place, from)
  if (ours === null) return 'unknown'
  const wanted = plain(message.text)
  const found = ours.find((one) => ((one.key ?? null) !== null ? one.key === message.key : plain(one.text) === wanted))
  return found === undefined ? null : { channel: place.channel, id: found.id }
}

/** What a chat leaves of a text whatever it does to its marks. */
const plain = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
