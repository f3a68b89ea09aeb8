import type { Known } from './fields.ts'
import { withoutStop } from './tokenize.ts'
import type { Word } from './word.ts'

/**
 * The words with each of the next `count` tiers as a word of its own: people write `api, staging` and `api,staging`. A comma joins
 * services to a list, but nothing to a tier. Quoted words, and all words behind the last of the tiers, stay as they are.
 */
export function separateTiers(words: readonly Word[], count: number, known: Known): readonly Word[] {
  const out: Word[] = []
  let found = 0
  for (const [index, word] of words.entries()) {
    if (found >= count || word.quoted) return [...out, ...words.slice(index)]
    const parts = partsOf(word, known)
    found += parts.filter((part) => isTier(part.text, known)).length
    const isComma = /^,+$/.test(word.text)
    const next = words[index + 1]
    const beforeTier = next !== undefined && !next.quoted && isTier(firstPart(next.text), known)
    if (isComma && (beforeTier || isTier(out.at(-1)?.text ?? '', known))) continue
    const last = parts.at(-1)
    out.push(...parts.slice(0, -1))
    if (last !== undefined) out.push(beforeTier ? { ...last, text: last.text.replace(/,+$/, '') } : last)
  }
  return out
}

/** `api,vape,staging` as `api,vape` and `staging`; a word without a tier as it is. */
function partsOf(word: Word, known: Known): readonly Word[] {
  const names = word.text.split(',')
  if (names.length === 1 || !names.some((name) => isTier(name, known))) return [word]
  const parts: string[][] = []
  let isOpen = false
  for (const name of names) {
    const alone = isTier(name, known)
    const last = parts.at(-1)
    if (alone || last === undefined || !isOpen) parts.push([name])
    else last.push(name)
    isOpen = !alone
  }
  return parts.map((part) => part.join(',')).flatMap((text) => (text === '' ? [] : [{ ...word, text, typed: text }]))
}

const firstPart = (text: string): string => text.split(',').find((part) => part !== '') ?? ''

/** A name that is also a service may stand in a list. */
const isTier = (typed: string, { catalog }: Known): boolean => {
  const text = withoutStop(typed)
  return catalog.tier(text) !== null && catalog.service(text) === null
}
