/** What stands in the place of a secret. */
export const masked = '‹secret›'

/**
 * Shapes of secrets: tokens of Slack, AWS, GitHub and JWTs, private keys, what follows `password=` and the like, and
 * passwords in addresses. The kept groups are what stands around the secret. Every repetition has a bound, or begins
 * at the edge of a word: a hostile text of 100,000 letters must take milliseconds, and without them took a minute.
 */
const shapes: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
    masked,
  ],
  [/\bx(?:ox[a-z]|app|wfp)-[A-Za-z0-9.-]{6,}/g, masked],
  [/\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g, masked],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|npm_|sk_live_|rk_live_)[A-Za-z0-9_-]{10,}/g, masked],
  [/\beyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]*/g, masked],
  [/\bhooks\.slack\.com\/(?:services|workflows|triggers)\/[^\s"'<>|]+/g, `hooks.slack.com/${masked}`],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@"'<>|]{0,200}):[^\s/@"'<>|]{1,500}@/gi, `$1:${masked}@`],
  [/\b((?:Bearer|Basic)\s{1,5})[A-Za-z0-9._~+/=-]{8,}/gi, `$1${masked}`],
  [
    /((?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|api[_-]?key|access[_-]?key|private[_-]?key|auth)[A-Za-z0-9_-]{0,40}["']?\s{0,5}[=:]\s{0,5})("[^"]*"|'[^']*'|[^\s,;&"'}\])]+)/gi,
    `$1${masked}`,
  ],
]

/** Masks in a text the secrets that it was made with, wherever they stand, and whatever looks like one. */
export type Redact = (text: string) => string

/** `secrets` are the values themselves; empty ones and those under 6 characters are left out, as they mask half a text. */
export function createRedact(secrets: readonly (string | null | undefined)[]): Redact {
  const values = secrets.flatMap((secret) => (secret ? [secret, encodeURIComponent(secret), base64(secret)] : []))
  const known = [...new Set(values)].filter((value) => value.length >= 6).sort((a, b) => b.length - a.length)
  return (text) => {
    const withoutKnown = known.reduce((rest, value) => rest.replaceAll(value, masked), text)
    return shapes.reduce((rest, [shape, instead]) => rest.replace(shape, instead), withoutKnown)
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
