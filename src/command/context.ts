import type { Actor } from '../authorization/rights.ts'
import type { Message, Place } from '../ports/chat.ts'

/** One command on its way through: who typed what, where. Comes from a slash command, a mention, a button, a terminal or a build that arrived. */
export interface CommandRequest {
  /** As typed behind `/opsee`. */
  readonly text: string
  readonly actor: Actor
  readonly place: Place
  /** The same under every redelivery of the same request. */
  readonly key: string
  readonly source: 'slash' | 'mention' | 'direct' | 'button' | 'cli' | 'hook'
}

/** What a command answers. `everyone` is for what a channel should see; most answers are for the sender. */
export interface Reply {
  readonly visibility: 'sender' | 'everyone'
  readonly message: Message
  /** How it ended, for terminals and tests: `refused` and `mistyped` change nothing. */
  readonly outcome: 'done' | 'refused' | 'mistyped' | 'failed'
  /** Ids of the rollouts that this command started or touched. */
  readonly rollouts: readonly number[]
}
