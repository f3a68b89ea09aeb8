import { maskAssignments } from './secrets-in-text/assignments.ts'
import { maskPrivateKeys } from './secrets-in-text/blocks.ts'
import { maskLogins } from './secrets-in-text/logins.ts'
import { holdsSecret } from './secrets-in-text/names.ts'
import { maskTokens } from './secrets-in-text/tokens.ts'

/** The one place that decides what a secret is, for logs, threads, `get` and `ls`, webhooks, the audit log and the config check. */

/** Stands in the place of a secret. */
export const masked = '‹secret›'

/** Replaces the secrets in a text by `masked`. Takes time linear in the length of the text. */
export type Redact = (text: string) => string

/** The longest text that is searched, in characters. The rest is left out, because nobody has searched it for secrets. */
const longestText = 1_000_000

/** Format characters, such as zero-width spaces and direction marks. They can split a secret or hide it from the eye. */
const invisible = /\p{Cf}/gu

/**
 * Replaces the given secrets wherever they stand, and everything that looks like a secret. `secrets` are the values
 * themselves. Values under 6 characters are ignored, because they would mask parts of ordinary words.
 */
export function createRedact(secrets: readonly (string | null | undefined)[]): Redact {
  const values = secrets.flatMap((secret) => (secret ? [secret, encodeURIComponent(secret), base64(secret)] : []))
  const known = [...new Set(values)].filter((value) => value.length >= 6).sort((a, b) => b.length - a.length)
  const mask = (text: string): string => {
    const withoutKnown = known.reduce((rest, value) => rest.replaceAll(value, masked), text)
    const blocks = maskPrivateKeys(withoutKnown, masked)
    return maskAssignments(maskLogins(maskTokens(blocks, masked), masked), masked)
  }
  return (text) => {
    const bounded = text.length <= longestText ? text : `${text.slice(0, longestText)}… (the rest is left out)`
    const visible = bounded.replace(invisible, '')
    const safe = mask(visible)
    return safe === visible ? bounded : safe
  }
}

/** The value of a named field: all of it is masked where the name says that it is a secret. `isNamed` adds names of one's own. */
export function redactField(name: string, value: string, redact: Redact, isNamed: (name: string) => boolean): string {
  const last = name.split('/').findLast((part) => part !== '') ?? name
  if (value !== '' && (isNamed(name) || holdsSecret(last) === 'surely')) return masked
  return redact(value)
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
