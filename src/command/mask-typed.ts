import type { Redact } from '../config/redact.ts'
import type { Reply } from './context.ts'
import { quoteWord, tokenize } from './tokenize.ts'

/**
 * A command as typed, with its secrets masked. This happens once, before anything reads the text, so that no reason, lock, audit
 * record or message can hold the secret. `masked` says that there was one.
 */
export function maskTyped(text: string, redact: Redact): { readonly text: string; readonly masked: boolean } {
  const safe = redact(text)
  if (safe === text) return { text, masked: false }
  const before = tokenize(text)
  // A secret that spans several lines can take the closing quote with it.
  if (before.kind === 'wrong' || tokenize(safe).kind === 'words') return { text: safe, masked: true }
  return { text: before.words.map((word) => quoteWord(redact(word.text))).join(' '), masked: true }
}

const warning =
  '⚠️ Your command contained a secret. Opsee masked it before it stored or showed anything. Slack has received it, so replace the secret at its source.'

/** The reply, with a last line that tells the person about the secret. */
export function withWarning(reply: Reply): Reply {
  const { message } = reply
  const sections = message.sections.length === 0 ? [] : [...message.sections, { kind: 'text' as const, text: warning }]
  return { ...reply, message: { ...message, text: `${message.text}\n${warning}`, sections } }
}
