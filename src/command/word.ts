/** One word of a command. */
export interface Word {
  readonly text: string
  /** With the chat's marks for code, bold, italic and struck text, which `text` has lost: free text keeps them. */
  readonly typed: string
  /** It began with a quote, so it is never a flag and never cut. */
  readonly quoted: boolean
  /** The Slack user id, when the whole word is a mention of somebody. */
  readonly mention: string | null
}
