/** What a demo tells: as lines for a person, or as JSON lines for a program. Errors and progress go to stderr. */
type Told =
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'ready'; readonly slack: string; readonly etcd: string; readonly dir: string }
  | { readonly kind: 'typed'; readonly user: string; readonly command: string }
  | { readonly kind: 'event'; readonly event: unknown }
  | {
      readonly kind: 'message'
      readonly how: 'posted' | 'edited' | 'reacted'
      readonly place: 'channel' | 'thread' | 'history' | 'whisper'
      readonly text: string
    }
  | {
      readonly kind: 'ended'
      readonly command: string
      readonly ok: boolean
      /** What is wrong, or what was checked. */
      readonly reasons: readonly string[]
    }
  /** The bot's process is gone, or runs again as `pid`. */
  | { readonly kind: 'bot'; readonly text: string; readonly pid: number | null }
  | { readonly kind: 'text'; readonly text: string }

export type Tell = (told: Told) => void

export function createPrinter(json: boolean, out: NodeJS.WritableStream, err: NodeJS.WritableStream): Tell {
  return (told) => {
    if (told.kind === 'progress') err.write(`${told.text} …\n`)
    else if (json && told.kind !== 'text') out.write(`${JSON.stringify({ at: Date.now(), ...told })}\n`)
    else if (!json) {
      const text = textOf(told)
      if (text !== '') out.write(`${text}\n`)
    }
  }
}

function textOf(told: Exclude<Told, { kind: 'progress' }>): string {
  if (told.kind === 'text' || told.kind === 'bot') return told.text
  if (told.kind === 'message') return messageText(told)
  if (told.kind === 'typed') return `\n${told.user} types: /opsee ${told.command}\n`
  if (told.kind !== 'ended') return ''
  return [`\n${endWord(told)}: /opsee ${told.command}`, ...told.reasons].join('\n  ')
}

/** Whether an answer said yes or no is for who reads it; what was done is checked. */
function endWord({ ok, reasons }: Extract<Told, { kind: 'ended' }>): string {
  if (!ok) return 'Not done'
  return reasons.length === 0 ? 'Answered' : 'Done'
}

const marks = { channel: '#', history: '=', thread: '  |', whisper: '(only to the sender)' } as const

function messageText(told: Extract<Told, { kind: 'message' }>): string {
  const time = new Date().toTimeString().slice(0, 8)
  const lead = told.how === 'edited' ? `${marks[told.place]} now:` : marks[told.place]
  const body = told.how === 'reacted' ? `reaction ${told.text}` : plain(told.text)
  return `${time}  ${lead} ${body.split('\n').join('\n              ')}`
}

/** Slack's escapes undone, and its marks of bold and code left out. */
const plain = (text: string): string =>
  text
    .replaceAll(/<@[UW][A-Z0-9]+\|([^>]+)>/g, '@$1')
    .replaceAll(/(^|[\s(])[*`_]([^*`_\n]+)[*`_](?=$|[\s.,:;)])/g, '$1$2')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
