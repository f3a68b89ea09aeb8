/**
 * The chat, as the narrator needs it. A place is a channel, or a thread in one. No call rejects: what went wrong is a
 * value, and its `kind` says what can be done about it.
 */
export interface ChatWriter {
  /** Posts a message and returns its id. Not repeated by itself: after `unknown` look before posting again. */
  post(place: Place, message: Message, options?: SendOptions): Promise<PostResult>
  /** Replaces a message. Idempotent. */
  edit(message: MessageRef, content: Message, options?: SendOptions): Promise<EditResult>
  /** Makes `name` the only status reaction of ours on the message (`hourglass_flowing_sand`, `white_check_mark`, …). */
  react(message: MessageRef, name: string, options?: SendOptions): Promise<EditResult>
  /** A message that only `user` sees. */
  whisper(place: Place, user: string, message: Message): Promise<PostResult>
}

export interface ChatReader {
  /** Our own messages at this place behind `from`, oldest first; null when the chat did not say. */
  ours(place: Place, from: Since): Promise<readonly SeenMessage[] | null>
  /** The web address of a message; `thread` is the root above a reply. Null when the chat did not say where it is. */
  linkTo(message: MessageRef, thread: string | null): Promise<string | null>
}

interface SendOptions {
  /** A final state: may use the share of the chat's limits that is kept free for such. */
  readonly urgent: boolean
}

export interface Place {
  readonly channel: string
  /** Message id of the thread's root; null for the channel itself. */
  readonly thread: string | null
}

export interface MessageRef {
  readonly channel: string
  /** The chat's id of the message (Slack's `ts`). */
  readonly id: string
}

/** From where on messages are looked at: behind one of them, or from a time on (milliseconds since the epoch). */
export type Since = { readonly kind: 'message'; readonly id: string } | { readonly kind: 'time'; readonly ms: number }

export interface SeenMessage {
  readonly id: string
  readonly text: string
  /** The `key` that it was sent with; null or absent when it carries none. */
  readonly key?: string | null
}

/** A message in our words; the adapter lays it out for the chat. Texts are mrkdwn with `&<>` already escaped where they came from outside. */
export interface Message {
  /** The whole in one plain sentence or a few lines: notifications, screen readers, and the match when looking again. */
  readonly text: string
  /** What is shown, top to bottom. Empty: the text alone. */
  readonly sections: readonly Section[]
  /**
   * Names the message among ours at its place, to know it again in `ours` (a chat may give a text back changed: Slack
   * turns emoji into names). At most 120 characters of `A-Z a-z 0-9 . _ -`; only carried when there are sections.
   */
  readonly key?: string
}

export type Section =
  | { readonly kind: 'header'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'context'; readonly text: string }
  | { readonly kind: 'fields'; readonly fields: readonly { readonly name: string; readonly value: string }[] }
  | { readonly kind: 'buttons'; readonly buttons: readonly Button[] }

export interface Button {
  readonly label: string
  /** The command that the click stands for, as it would be typed: `abort 12`. */
  readonly command: string
  readonly style: 'plain' | 'primary' | 'danger'
  /** Asked before the click counts; null for none. */
  readonly confirm: string | null
}

export type PostResult = { readonly kind: 'posted'; readonly ref: MessageRef } | ChatFailure
export type EditResult = { readonly kind: 'done' } | ChatFailure

export type ChatFailure =
  /** Came too fast, or the chat is away or refused for now: try the newest state again after `retryAfterMs`. Nothing was shown. */
  | { readonly kind: 'later'; readonly retryAfterMs: number; readonly reason: string }
  /** The answer was lost: it may or may not be shown. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** The message does not exist any more (deleted by a person). */
  | { readonly kind: 'message-gone'; readonly reason: string }
  /** This message can no longer be edited: say it in the thread instead. */
  | { readonly kind: 'not-editable'; readonly reason: string }
  /** We cannot speak there (not in the channel, archived, restricted, unknown): use another place. */
  | { readonly kind: 'place-closed'; readonly reason: string }
  /** The chat rejected the layout: send the text alone. */
  | { readonly kind: 'bad-layout'; readonly reason: string }
  /** We are not allowed to speak at all (token revoked, uninstalled): stop until restarted. */
  | { readonly kind: 'silenced'; readonly reason: string }
