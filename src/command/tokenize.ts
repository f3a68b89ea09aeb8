import { normalize } from './normalize.ts'
import type { Word } from './word.ts'
import { leadOf, marksAt, withoutMarks, withoutWrapping } from './markup.ts'

export type Tokens =
  | { readonly kind: 'words'; readonly words: readonly Word[] }
  /** `message` shows where; markup is already escaped by the one who prints it. */
  | { readonly kind: 'wrong'; readonly message: string; readonly where: string }

/** Longer than any sensible command, shorter than what Slack lets through. */
export const longestCommand = 3000

/**
 * Cuts a command into words, as people and phones write it: quotes of any kind around words with spaces (`\"` and `\\`
 * inside them), a dash that autocorrection made of `--`, Slack's decoration, odd spaces. An apostrophe inside a word is
 * an apostrophe.
 */
export function tokenize(raw: string): Tokens {
  if (raw.length > longestCommand) {
    return {
      kind: 'wrong',
      message: `That is ${raw.length} characters; a command may have ${longestCommand}.`,
      where: `${raw.slice(0, 40)}…`,
    }
  }
  const plain = normalize(raw)
  return cut(plain.text, plain.mentions)
}

/** The words of a whole command, without the bot's name, and without marks or quotes that were pasted around all of it. */
export function readCommand(raw: string): Tokens {
  if (raw.length > longestCommand) return tokenize(raw)
  const plain = normalize(raw)
  const text = withoutWrapping(plain.text)
  const inside = withoutOuterQuotes(text)
  const unquoted = inside === null ? null : cut(inside, plain.mentions)
  const hasStray = ({ text: word }: Word): boolean => /["']$/.test(word)
  const tokens = unquoted?.kind === 'words' && !unquoted.words.some(hasStray) ? unquoted : cut(text, plain.mentions)
  if (tokens.kind === 'wrong') return tokens
  return { kind: 'words', words: withoutFirstQuotes(withoutAddress(tokens.words)) }
}

function cut(text: string, mentions: ReadonlyMap<number, string>): Tokens {
  const words: Word[] = []
  let at = 0
  while (at < text.length) {
    if (text[at] === ' ') {
      at += 1
      continue
    }
    const word = readWord(text, at)
    if (word.kind === 'open') {
      return {
        kind: 'wrong',
        message: 'A quote opens here and is never closed:',
        where: text.slice(word.at, word.at + 60),
      }
    }
    const mention = mentions.get(at) ?? null
    words.push({
      text: word.text,
      typed: word.text,
      quoted: word.quoted,
      mention: word.text.startsWith('@') ? mention : null,
    })
    at = word.end
  }
  return { kind: 'words', words: withoutMarks(words) }
}

/** No command has a space in its name: quotes around the first words are quotes around the whole. Null for other texts. */
function withoutOuterQuotes(text: string): string | null {
  const lead = leadOf(text)
  const body = text.slice(lead).trimEnd()
  const quote = body[0]
  if (!isQuote(quote) || body.length < 3 || !body.endsWith(quote)) return null
  const inside = body.slice(1, -1)
  const first = inside.split(quote, 1)[0] ?? ''
  return first.includes(' ') ? `${text.slice(0, lead)} ${inside} ` : null
}

function withoutFirstQuotes(words: readonly Word[]): readonly Word[] {
  const [first, ...rest] = words
  if (first?.quoted !== true || !first.text.includes(' ')) return words
  const inside = cut(first.text, new Map())
  return inside.kind === 'words' ? [...inside.words, ...rest] : words
}

type Read =
  | { readonly kind: 'word'; readonly text: string; readonly quoted: boolean; readonly end: number }
  | { readonly kind: 'open'; readonly at: number }

function readWord(text: string, begin: number): Read {
  // Marks in front hide neither a quote nor a dash that a phone made.
  const marks = marksAt(text, begin)
  const start = begin + marks.length
  const quoted = isQuote(text[start])
  const dash = quoted ? null : dashAt(text, start)
  let word = quoted ? '' : `${marks}${dash?.text ?? ''}`
  let at = dash?.end ?? start
  while (at < text.length && text[at] !== ' ') {
    const quote = text[at]
    if (isQuote(quote) && (at === start || /^--?[A-Za-z][A-Za-z0-9-]*=$/.test(word))) {
      const inside = readQuoted(text, at, quote)
      if (inside === null) return { kind: 'open', at }
      word += inside.text
      at = inside.end
      const behind = at + marksAt(text, at).length
      if (behind === text.length || text[behind] === ' ') at = behind
    } else {
      word += quote
      at += 1
    }
  }
  return { kind: 'word', text: word, quoted, end: at }
}

const isQuote = (character: string | undefined): character is '"' | "'" => character === '"' || character === "'"

/** What is between the quotes, and the offset behind the closing one; null when there is none. */
function readQuoted(text: string, open: number, quote: '"' | "'"): { text: string; end: number } | null {
  let inside = ''
  for (let at = open + 1; at < text.length; at += 1) {
    const character = text[at] ?? ''
    const next = text[at + 1]
    if (character === '\\' && (isQuote(next) || next === '\\')) {
      inside += next
      at += 1
    } else if (character === quote && (quote === '"' || next === undefined || /[ `*_~]/.test(next))) {
      return { text: inside, end: at + 1 }
    } else {
      inside += character
    }
  }
  return null
}

/** Phones make one long dash of `--`, and now and then of `-`: before one letter it is short, before more it is long. */
function dashAt(text: string, start: number): { text: string; end: number } | null {
  const match = /^([-\u2012-\u2015\u2212]+)(?=[A-Za-z])/.exec(text.slice(start, start + 8))
  const run = match?.[1]
  if (run === undefined || /^-+$/.test(run)) return null
  const end = start + run.length
  return { text: /^[A-Za-z](?:[\d ]|$)/.test(text.slice(end, end + 2)) ? '-' : '--', end }
}

/** The word so that `tokenize` gives it back, for commands that we offer to type. */
export function quoteWord(text: string): string {
  if (/^[A-Za-z0-9@%+=:,./#_][A-Za-z0-9@%+=:,./#_-]*$/.test(text) && !/^_|_$/.test(text)) return text
  return `"${text.replace(/["\\]/g, String.raw`\$&`)}"`
}

/** Without what addresses the bot: `/opsee`, `@opsee`, a mention in front, a colon behind it; and without a fence that opens. */
export function withoutAddress(words: readonly Word[]): readonly Word[] {
  let from = 0
  for (const word of words) {
    const address = word.mention !== null || (!word.quoted && /^[/@]?opsee[:,]?$|^(?:[:,]|`+)$/i.test(word.text))
    if (!address) break
    from += 1
  }
  return words.slice(from)
}

/** A word without the punctuation that ends a sentence: `deploy api production.` means no tier of that name. */
export const withoutStop = (text: string): string => text.replace(/[.,;:!?]+$/, '') || text
