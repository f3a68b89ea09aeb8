import { parseArgs, type ParseArgsConfig } from 'node:util'
import { code } from '../domain/wording.ts'
import type { Field, Flag, Known } from './fields.ts'
import { nearest } from '../domain/nearest.ts'
import { readText } from './read-text.ts'
import type { Word } from './word.ts'

export type Flags = Readonly<Record<string, Flag<unknown>>>

export type FlagsRead =
  | { readonly kind: 'read'; readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly Word[] }
  | { readonly kind: 'mistyped'; readonly message: string }

/** `dryRun` is typed as `dry-run`. */
export const flagName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Marks a word that begins with a dash and is no flag, so that parseArgs takes it as it is. Never typed: it is a control character. */
const literal = '\u0000'

/**
 * Takes the flags out of a line. `util.parseArgs` cuts, strictly and without turning digits into numbers; every value
 * is then read by its field's schema.
 */
export function readFlags(
  flags: Flags,
  words: readonly Word[],
  { known, hasText }: { readonly known: Known; readonly hasText: boolean },
): FlagsRead {
  const keys = new Map(Object.keys(flags).map((key) => [flagName(key), key]))
  // In free text `--` is a dash that somebody typed, and not the end of the flags.
  const isLiteral = ({ quoted, text }: Word): boolean =>
    (quoted && text.startsWith('-')) || (hasText && /^-{2,}$/.test(text))
  const args = words.map((word) => (isLiteral(word) ? literal + word.text : word.text))
  const options = optionsOf(flags)
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true })
  const given = new Map<string, string | null>()
  const positionals: Word[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') {
      const word = words[token.index]
      if (word !== undefined) positionals.push(word)
    }
    if (token.kind !== 'option') continue
    const key = keys.get(token.name)
    const flag = key === undefined ? undefined : flags[key]
    if (key === undefined || flag === undefined) return mistyped(unknownFlag(token.rawName, [...keys.keys()]))
    if (given.has(key)) return mistyped(`${code(token.rawName)} is given twice.`)
    const wrong = shapeFault(token.rawName, flag.field, token.value, token.inlineValue === true)
    if (wrong !== null) return mistyped(wrong)
    given.set(key, token.value ?? null)
  }
  try {
    parseArgs({ args, options, strict: true, allowPositionals: true })
  } catch (error) {
    return mistyped(code(error instanceof Error ? error.message : String(error)))
  }
  return valuesOf(flags, given, positionals, known)
}

function valuesOf(
  flags: Flags,
  given: ReadonlyMap<string, string | null>,
  positionals: readonly Word[],
  known: Known,
): FlagsRead {
  const values: Record<string, unknown> = {}
  for (const [key, flag] of Object.entries(flags)) {
    const text = given.get(key)
    if (text === undefined) values[key] = flag.absent
    else if (flag.field === null) values[key] = true
    else {
      const read = readText(flag.field, (text ?? '').replace(literal, ''), known)
      if (!read.success) return mistyped(`${code(dashed(flagName(key)))}: ${read.error.issues[0]?.message ?? ''}`)
      values[key] = read.data
    }
  }
  return { kind: 'read', values, positionals }
}

function optionsOf(flags: Flags): NonNullable<ParseArgsConfig['options']> {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [key, flag] of Object.entries(flags)) {
    options[flagName(key)] = {
      type: flag.field === null ? 'boolean' : 'string',
      ...(flag.short === null ? {} : { short: flag.short }),
    }
  }
  return options
}

/** What parseArgs refuses too, in words that say what to type. */
function shapeFault(
  raw: string,
  field: Field<unknown> | null,
  value: string | undefined,
  inline: boolean,
): string | null {
  if (field === null) return value === undefined ? null : `${code(raw)} takes no value: it is given, or it is not.`
  if (value === undefined) return `${code(raw)} needs a value: ${code(`${raw} ${field.word}`)}.`
  if (!inline && value.startsWith('-') && value !== '-') {
    return `${code(raw)} needs a value, and ${code(value)} looks like a flag: put it in quotes if it is the value.`
  }
  return null
}

function unknownFlag(raw: string, names: readonly string[]): string {
  if (names.length === 0) return `There is no flag ${code(raw)}: this command has none.`
  const near = nearest(raw.replace(/^-+/, ''), names)
  if (near !== null) return `There is no flag ${code(raw)}. Did you mean ${code(dashed(near))}?`
  return `There is no flag ${code(raw)}. The flags are ${names.map((name) => code(dashed(name))).join(', ')}.`
}

/** As help writes it: one letter takes one dash. */
const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`)

const mistyped = (message: string): FlagsRead => ({ kind: 'mistyped', message })
