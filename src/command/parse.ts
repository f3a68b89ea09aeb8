import { code } from '../domain/wording.ts'
import { namesText, type Field, type Known } from './fields.ts'
import type { Parsed, Placed } from './parsed.ts'
import { placeNames } from './place-names.ts'
import { readFlags, type Flags } from './read-flags.ts'
import { readText } from './read-text.ts'
import type { Word } from './word.ts'

export type Positionals = Readonly<Record<string, Field<unknown>>>

/** Reads the words behind a command's name into its arguments. Never throws; messages are sentences for the person. */
export function parseArguments(
  spec: { readonly positionals: Positionals; readonly flags: Flags },
  words: readonly Word[],
  known: Known,
): Parsed<Readonly<Record<string, unknown>>> {
  const fields = Object.entries(spec.positionals)
  if (fields.some(([, field]) => field.take === 'line')) return readLine(fields, words, known)
  const hasText = fields.some(([, field]) => field.take === 'rest')
  const flags = readFlags(spec.flags, words, { known, hasText })
  if (flags.kind === 'mistyped') return flags
  const placed = place(fields, flags.positionals, known)
  if (placed.kind === 'mistyped') return placed
  const values: Record<string, unknown> = { ...flags.values }
  for (const [name, field] of fields) {
    const found = placed.args.get(name)
    if (found === undefined && field.required) return { kind: 'mistyped', message: missing(field, known) }
    if (found === undefined) values[name] = null
    else {
      const read = readText(field, found.text, known)
      if (!read.success) return { kind: 'mistyped', message: read.error.issues.map((issue) => issue.message).join(' ') }
      values[name] = read.data
    }
  }
  return { kind: 'args', args: values }
}

/** A command about a command: everything behind the name belongs to it, flags too. */
function readLine(
  fields: readonly (readonly [string, Field<unknown>])[],
  words: readonly Word[],
  known: Known,
): Parsed<Readonly<Record<string, unknown>>> {
  const [name, field] = fields.find(([, candidate]) => candidate.take === 'line') ?? []
  if (name === undefined || field?.ofWords === undefined) return { kind: 'args', args: {} }
  if (words.length === 0 && field.required) return { kind: 'mistyped', message: missing(field, known) }
  return { kind: 'args', args: { [name]: words.length === 0 ? null : field.ofWords(words) } }
}

/** Gives each positional its words, in order; service and tiers find their own place. */
function place(
  fields: readonly (readonly [string, Field<unknown>])[],
  words: readonly Word[],
  known: Known,
): Parsed<ReadonlyMap<string, Placed>> {
  const placed = new Map<string, Placed>()
  const left = [...words]
  const endsInText = fields.some(([, field]) => field.take === 'rest')
  for (const [index, [name, field]] of fields.entries()) {
    const next = fields[index + 1]
    if (placed.has(name) || left.length === 0) continue
    if (field.names !== null) {
      if (index > 0 && fields[index - 1]?.[1].names !== null) continue
      const result = placeNames(namesFrom(fields, index), left, { known, endsInText })
      if (result.kind === 'mistyped') return result
      for (const [owner, value] of result.args) placed.set(owner, value)
    } else if (field.take === 'rest') {
      const taken = left.splice(0)
      placed.set(name, { text: taken.map((word) => word.typed).join(' '), words: taken })
    } else if (field.required || next === undefined || fits(field, left[0], known)) {
      const taken = left.splice(0, 1)
      placed.set(name, { text: taken[0]?.text ?? '', words: taken })
    }
  }
  const [extra] = left
  if (extra === undefined) return { kind: 'args', args: placed }
  const hint = left.length === 1 ? 'is one word too many' : `and ${left.length - 1} more are too many words`
  return { kind: 'mistyped', message: `${code(extra.text)} ${hint}. Words that belong together go in quotes.` }
}

/** The service and tiers that stand next to each other from there on. */
function namesFrom<T extends readonly [string, Field<unknown>]>(fields: readonly T[], from: number): readonly T[] {
  const behind = fields.slice(from)
  const end = behind.findIndex(([, field]) => field.names === null)
  return end < 0 ? behind : behind.slice(0, end)
}

const fits = (field: Field<unknown>, word: Word | undefined, known: Known): boolean =>
  word !== undefined && readText(field, word.text, known).success

function missing(field: Field<unknown>, known: Known): string {
  if (field.names === 'tier') return `Say which tier: ${namesText(known.catalog.tiers, 'or')}.`
  if (field.names === 'services') return `Say which service: ${namesText(known.catalog.services, 'or')}.`
  return `${code(`<${field.word}>`)} is missing. ${field.help}`
}
