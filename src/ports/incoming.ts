import type { Message, Place } from './chat.ts'

/** A person's request, however it came: slash command, mention, direct message or button. All of them are command text. */
export interface Incoming {
  /** As typed behind the command's name or behind the mention, or the button's command: raw, still with the chat's escapes. */
  readonly text: string
  readonly user: {
    /** The chat's id of the person (`U…`): what rights hang on. */
    readonly id: string
    /** For display alone; null when the chat did not say. */
    readonly name: string | null
    /** Id of the person's workspace or organisation; absent when the chat did not say. */
    readonly team?: string | undefined
    /** Set for a person of another organisation. */
    readonly from?: 'another-organisation' | undefined
  }
  /** Where it was asked; `thread` is set for a message in a thread and for a button on a message in a thread. */
  readonly place: Place
  /** The same for every delivery of the same request, and no other: `slash:…`, `event:…`, `button:…`. */
  readonly requestKey: string
  readonly source: 'slash' | 'mention' | 'direct' | 'button'
  /**
   * Answers. `sender` is seen by the asker alone, and works where the bot is no member. Ends within its own time
   * limit (about a minute) and never rejects: an answer that could not be given is logged as lost.
   */
  reply(message: Message, visibility: 'sender' | 'everyone'): Promise<void>
}

export interface IncomingHandlers {
  /** Called once the chat has its acknowledgement. What it throws is logged. */
  command(incoming: Incoming): Promise<void>
}
