import type { Actor, Demand, Right } from '../authorization/rights.ts'
import type { Place, Message } from '../ports/chat.ts'
import type { Catalog } from '../domain/catalog.ts'
import type { Capabilities, Readers } from '../services/capabilities.ts'
import type { CommandIndex } from './define.ts'

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

/** What every handler may look at. */
export interface QueryContext {
  readonly request: CommandRequest
  readonly catalog: Catalog
  readonly read: Readers
  /** The commands that there are: `help` and `can` speak of them. */
  readonly commands: CommandIndex
}

/** What a mutating handler gets besides: one bound capability for each demand, in their order; none for a dry run. */
export interface MutationContext<R extends Right> extends QueryContext {
  readonly grants: readonly { readonly demand: Demand<R>; readonly may: Capabilities[R] }[]
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
