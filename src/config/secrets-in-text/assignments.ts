import { holdsSecret, type Holds } from './names.ts'
import { isSecretValue } from './values.ts'

/**
 * A name, with the quotes and the bracket behind it, and the sign that gives it a value. It starts at the edge of a name,
 * so a long name is tried once.
 */
const assignment =
  /(?<![A-Za-z0-9_.$-])([A-Za-z0-9_.$-]{1,200})(?:\\{0,7}["'`]?\]?)[ \t]{0,5}(?::=|=>|[:=])([ \t]{0,5})/g

/** `{"name": "DB_PASSWORD", "value": "…"}`, as orchestrators write environments. */
const namedValue =
  /(\\{0,7}["']?(?:name|key)\\{0,7}["']?[ \t]{0,5}[:=][ \t]{0,5}\\{0,7}["']?)([A-Za-z0-9_.-]{1,200})(\\{0,7}["']?[\s,]{0,80}\\{0,7}["']?value\\{0,7}["']?[ \t]{0,5}[:=][ \t]{0,5})/gi

/** `--password hunter22x`: the value is the next word. */
const flag = /(?<![\w-])--?([A-Za-z][\w-]{0,80})([ \t]{1,5})(?=[^\s-])/g

/** `ENV DB_PASSWORD hunter22x` of a Dockerfile, `requirepass hunter22x` of a server's file. */
const directive = /(?<![^\s])(?:ENV[ \t]{1,5}|(?=requirepass\b))([A-Za-z][\w-]{0,80})[ \t]{1,5}(?=[^\s=-])/g

/** `<password>hunter22x</password>` */
const element = /<([A-Za-z][\w.:-]{0,80})>(?=[^<>\s])/g

/** The longest value that is looked at, in characters. */
const longestValue = 20_000

/** Replaces the values of names that hold secrets. */
export function maskAssignments(text: string, mask: string): string {
  const named = maskAfter(text, mask, namedValue, (match) => ({ name: match[2] ?? '', spaced: false, flag: false }))
  const assigned = maskAfter(named, mask, assignment, (match) => ({
    name: nameAt(named, match),
    spaced: (match[2] ?? '') !== '',
    flag: false,
  }))
  const flags = maskAfter(assigned, mask, flag, (match) => ({ name: match[1] ?? '', spaced: false, flag: true }))
  const directives = maskAfter(flags, mask, directive, (match) => ({ name: match[1] ?? '', spaced: false, flag: true }))
  return maskAfter(directives, mask, element, (match) => ({ name: match[1] ?? '', spaced: false, flag: false }))
}

interface Named {
  readonly name: string
  readonly spaced: boolean
  readonly flag: boolean
}

function maskAfter(text: string, mask: string, pattern: RegExp, named: (match: RegExpExecArray) => Named): string {
  pattern.lastIndex = 0
  let out = ''
  let from = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const { name, spaced, flag: isFlag } = named(match)
    const holds = holdsSecret(name)
    if (holds === 'nothing') continue
    const span = valueAt(text, match.index + match[0].length)
    if (span === null || !isSecret(text, span, holds, spaced, isFlag)) continue
    out += text.slice(from, span.start) + mask
    from = span.end
    pattern.lastIndex = Math.max(pattern.lastIndex, span.end)
  }
  return out + text.slice(from)
}

function isSecret(
  text: string,
  span: Span,
  holds: Exclude<Holds, 'nothing'>,
  spaced: boolean,
  isFlag: boolean,
): boolean {
  const value = text.slice(span.start, span.end)
  const followed = /^[ \t]+[A-Za-z]/.test(text.slice(span.end, span.end + 8))
  // The word behind a flag is often the next argument, so a plain word is none.
  if (isFlag && !span.quoted && /^[A-Za-z]+$/.test(value)) return false
  return isSecretValue({ text: value, quoted: span.quoted, spaced, followed }, holds)
}

/** `api key: …` in two words is one name. */
function nameAt(text: string, match: RegExpExecArray): string {
  const name = match[1] ?? ''
  // `quay.io/team/secret:1.2.3` names an image.
  if (text[match.index - 1] === '/' && text[match.index + name.length] === ':') return ''
  if (!/^keys?$/i.test(name)) return name
  const before = /([A-Za-z]{2,20}) $/.exec(text.slice(Math.max(0, match.index - 21), match.index))
  return before === null ? name : `${before[1]} ${name}`
}

interface Span {
  readonly start: number
  readonly end: number
  readonly quoted: boolean
}

/** The value that begins at an offset: in quotes (also escaped ones, of JSON inside JSON), a YAML block, or a word. */
function valueAt(text: string, at: number): Span | null {
  const rest = text.slice(at, at + longestValue)
  const quote = /^\\{0,7}["'`]/.exec(rest)?.[0]
  if (quote !== undefined) {
    const end = endOfQuoted(rest, quote)
    return { start: at + quote.length, end: at + end, quoted: true }
  }
  const block = /^[|>][-+]?[ \t]*\r?\n((?:[ \t]+[^\n]*(?:\n|$))+)/.exec(rest)
  if (block !== null) {
    const body = block[1] ?? ''
    const indent = /^[ \t]*/.exec(body)?.[0].length ?? 0
    const start = at + block[0].length - body.length + indent
    return { start, end: at + block[0].trimEnd().length, quoted: true }
  }
  const word = /^(?:(?![,;&](?:\s|$|[\w.-]{1,40}=))[^\s"'`<>])+/.exec(rest)?.[0].replace(/[)}\].,;:!?]+$/, '')
  return word === undefined || word === '' ? null : { start: at, end: at + word.length, quoted: false }
}

/** The offset of the closing quote, or of the line's end where there is none. */
function endOfQuoted(rest: string, quote: string): number {
  for (let at = rest.indexOf(quote, quote.length); at !== -1; at = rest.indexOf(quote, at + 1)) {
    if (rest[at - 1] !== '\\') return at
  }
  const line = rest.indexOf('\n')
  return line === -1 ? rest.length : line
}
