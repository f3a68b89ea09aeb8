import { code } from '../domain/wording.ts'
import type { Field, Known } from './fields.ts'
import type { Parsed, Placed } from './parsed.ts'
import { nearest } from '../domain/nearest.ts'
import { separateTiers } from './separate-tiers.ts'
import { quoteWord, withoutStop } from './tokenize.ts'
import type { Word } from './word.ts'

type Named = readonly [name: string, field: Field<unknown>]
type Result = Parsed<ReadonlyMap<string, Placed>>

interface Chunk extends Placed {
  /** How many words it takes. */
  readonly size: number
  readonly quoted: boolean
}

/**
 * Finds which of the next words are the service and the tiers, in whatever order they were typed, and takes them from
 * `left`. `group` are the fields that stand together: a service, one tier or two, or both. A word that fits nothing goes
 * to the place that the others leave open, so that the message names it.
 */
export function placeNames(
  group: readonly Named[],
  left: Word[],
  more: { readonly known: Known; readonly endsInText: boolean },
): Result {
  const { known } = more
  const services = group.find(([, field]) => field.names === 'services')
  const tiers = group.filter(([, field]) => field.names === 'tier')
  if (tiers.length > 0) left.splice(0, left.length, ...separateTiers(left, tiers.length, known))
  const chunks = chunksOf(left, group)
  const [tier, second] = tiers
  if (services === undefined || tier === undefined) return take(left, pair(group, chunks))
  if (second !== undefined) return placeThree(services, tiers, { left, chunks, known })
  return placeTwo([services, tier], { left, chunks, ...more })
}

/** One service and one tier. */
function placeTwo(
  [services, tier]: readonly [Named, Named],
  typed: {
    readonly left: Word[]
    readonly chunks: readonly Chunk[]
    readonly known: Known
    readonly endsInText: boolean
  },
): Result {
  const { left, chunks, known, endsInText } = typed
  const [first, second = null] = chunks
  if (first === undefined) return take(left, [])
  const is = kindsIn(known)
  const inOrder = [
    [services, first],
    [tier, second],
  ] as const
  const turned = [
    [tier, first],
    [services, second],
  ] as const
  if (is.service(first) && is.tier(second)) return take(left, inOrder)
  if (is.tier(first)) {
    if (!endsInText || services[1].required) return take(left, turned)
    return tierThenText(left, first, second, [tier, services], is.service(second))
  }
  if (is.tier(second) || is.service(first)) return take(left, inOrder)
  if (is.service(second)) return take(left, turned)
  if (services[1].required && nearest(first.text, known.catalog.words.tiers) === null) return take(left, inOrder)
  return { kind: 'mistyped', message: neither(first.text, known) }
}

/** One service, and two tiers in their order: `staging production api` is `api staging production`. */
function placeThree(
  services: Named,
  tiers: readonly Named[],
  typed: { readonly left: Word[]; readonly chunks: readonly Chunk[]; readonly known: Known },
): Result {
  const { left, chunks, known } = typed
  const is = kindsIn(known)
  const sure = chunks.findIndex((chunk) => is.service(chunk) && !is.tier(chunk))
  const strange = chunks.findIndex((chunk) => !is.tier(chunk))
  const at = sure >= 0 ? sure : strange >= 0 ? strange : chunks.length < 3 ? -1 : 0
  const rest = chunks.filter((_, index) => index !== at)
  const chosen = chunks[at]
  return take(left, [...(chosen === undefined ? [] : [[services, chosen] as const]), ...pair(tiers, rest)])
}

const pair = (fields: readonly Named[], chunks: readonly Chunk[]): readonly (readonly [Named, Chunk | null])[] =>
  fields.map((field, index) => [field, chunks[index] ?? null] as const)

const kindsIn = (known: Known) => ({
  service: (chunk: Chunk | null) => chunk !== null && chunk.text !== '' && allServices(chunk.text, known),
  tier: (chunk: Chunk | null) => chunk !== null && known.catalog.tier(withoutStop(chunk.text)) !== null,
})

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
  const text = behind.map((word) => word.typed).join(' ')
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

/** As many chunks as there are fields. */
function chunksOf(words: readonly Word[], group: readonly Named[]): readonly Chunk[] {
  const isList = group.some(([, field]) => field.take === 'list')
  const chunks: Chunk[] = []
  let at = 0
  while (chunks.length < group.length) {
    const chunk = chunkAt(words, at, isList)
    if (chunk === null) break
    chunks.push(chunk)
    at += chunk.size
  }
  return chunks
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
  const names = withoutStop(text)
    .split(',')
    .filter((part) => part !== '')
  return names.length > 0 && names.every((name) => catalog.service(name) !== null)
}

function neither(typed: string, { catalog }: Known): string {
  const near = nearest(typed, [...catalog.words.services, ...catalog.words.tiers])
  const meant = near === null ? '' : ` Did you mean ${code(near)}?`
  const services = catalog.services.slice(0, 12).map(code).join(', ')
  const tiers = catalog.tiers.map(code).join(', ')
  return `${code(typed.slice(0, 60))} is neither a service nor a tier.${meant} Services: ${services}. Tiers: ${tiers}.`
}
