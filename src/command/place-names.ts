import { code } from '../domain/wording.ts'
import type { Field, Known } from './fields.ts'
import type { Parsed, Placed } from './parsed.ts'
import { nearest } from '../domain/nearest.ts'
import { quoteWord, type Word } from './tokenize.ts'

type Named = readonly [name: string, field: Field<unknown>]
type Result = Parsed<ReadonlyMap<string, Placed>>

interface Chunk extends Placed {
  /** How many words it takes. */
  readonly size: number
  readonly quoted: boolean
}

/**
 * Finds which of the next words is the service and which the tier, in whatever order they were typed, and takes them
 * from `left`. A word that fits neither goes to the place that its partner leaves open, so that the message names it.
 */
export function placeNames(
  field: Named,
  partner: Named | null,
  left: Word[],
  { known, endsInText }: { readonly known: Known; readonly endsInText: boolean },
): Result {
  const isList = field[1].take === 'list' || partner?.[1].take === 'list'
  const first = chunkAt(left, 0, isList)
  if (first === null) return take(left, [])
  if (partner === null) return take(left, [[field, first]])
  const second = chunkAt(left, first.size, isList)
  const [services, tier] = field[1].names === 'services' ? [field, partner] : [partner, field]
  const isService = (chunk: Chunk | null) => chunk !== null && chunk.text !== '' && allServices(chunk.text, known)
  const isTier = (chunk: Chunk | null) => chunk !== null && known.catalog.tier(chunk.text) !== null

  if (isService(first) && isTier(second))
    return take(left, [
      [services, first],
      [tier, second],
    ])
  if (isTier(first)) {
    if (!endsInText || services[1].required)
      return take(left, [
        [tier, first],
        [services, second],
      ])
    return tierThenText(left, first, second, [tier, services], isService(second))
  }
  if (isTier(second))
    return take(left, [
      [services, first],
      [tier, second],
    ])
  if (isService(first))
    return take(left, [
      [services, first],
      [tier, second],
    ])
  if (isService(second))
    return take(left, [
      [tier, first],
      [services, second],
    ])
  if (services[1].required && nearest(first.text, known.catalog.words.tiers) === null) {
    return take(left, [
      [services, first],
      [tier, second],
    ])
  }
  return { kind: 'mistyped', message: neither(first.text, known) }
}

/**
 * `lock production api is broken`: is that the lock of api, or all of production because "api is broken"? A lock on the
 * wrong thing is worse than a question.
 */
function tierThenText(
  left: Word[],
  first: Chunk,
  second: Chunk | null,
  [tier, services]: readonly [Named, Named],
  secondIsService: boolean,
): Result {
  const behind = left.slice(first.size + (second?.size ?? 0))
  const textIsQuoted = behind[0]?.quoted === true
  if (second === null || second.quoted) return take(left, [[tier, first]])
  if (textIsQuoted || (secondIsService && behind.length === 0))
    return take(left, [
      [tier, first],
      [services, second],
    ])
  if (!secondIsService) return take(left, [[tier, first]])
  const text = behind.map((word) => word.text).join(' ')
  const one = `${second.text} ${first.text} ${quoteWord(text)}`
  const all = `${first.text} ${quoteWord(`${second.text} ${text}`)}`
  return { kind: 'mistyped', message: `That can be read in two ways: write ${code(one)} or ${code(all)}.` }
}

function take(left: Word[], chunks: readonly (readonly [Named, Chunk | null])[]): Result {
  const args = new Map<string, Placed>()
  let size = 0
  for (const [[name], chunk] of chunks) {
    if (chunk === null) continue
    size += chunk.size
    args.set(name, chunk)
  }
  left.splice(0, size)
  return { kind: 'args', args }
}

/** One word, or a list that a person wrote with spaces around its commas. */
function chunkAt(words: readonly Word[], from: number, list: boolean): Chunk | null {
  const first = words[from]
  if (first === undefined) return null
  if (!list) return { text: first.text, size: 1, quoted: first.quoted, words: [first] }
  let size = 1
  let text = first.text
  for (const next of words.slice(from + 1)) {
    if (!text.endsWith(',') && !next.text.startsWith(',')) break
    text += next.text
    size += 1
  }
  return { text, size, quoted: first.quoted, words: words.slice(from, from + size) }
}

function allServices(text: string, { catalog }: Known): boolean {
  const names = text.split(',').filter((part) => part !== '')
  return names.length > 0 && names.every((name) => catalog.service(name) !== null)
}

function neither(typed: string, { catalog }: Known): string {
  const near = nearest(typed, [...catalog.words.services, ...catalog.words.tiers])
  const meant = near === null ? '' : ` Did you mean ${code(near)}?`
  const services = catalog.services.slice(0, 12).map(code).join(', ')
  const tiers = catalog.tiers.map(code).join(', ')
  return `${code(typed.slice(0, 60))} is neither a service nor a tier.${meant} Services: ${services}. Tiers: ${tiers}.`
}
