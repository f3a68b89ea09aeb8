import type { Word } from './word.ts'

/** The marks by which a chat shows code, bold, italic and struck text. People paste commands with the marks around them. */

const mark = /[`*_~]/
const marksInFront = /^[`*_~]+/
const marksBehind = /[`*_~]+$/

/** The marks that stand at an offset. */
export function marksAt(text: string, offset: number): string {
  let end = offset
  while (end < text.length && mark.test(text[end] ?? '')) end += 1
  return text.slice(offset, end)
}

/** How many characters of the text address the bot (`/opsee`, `@opsee:`) or are spaces before the command. */
export function leadOf(text: string): number {
  let at = 0
  for (;;) {
    while (text[at] === ' ') at += 1
    if (!'/@:,'.includes(text[at] ?? '-')) return at
    while (at < text.length && text[at] !== ' ') at += 1
  }
}

/**
 * The text without marks that are around all of it, or around all that follows the bot's name. Spaces take their place, so that no
 * offset changes. Marks that have a partner within the text are left to `withoutMarks`.
 */
export function withoutWrapping(text: string): string {
  const lead = leadOf(text)
  const whole = text.slice(lead).trimEnd()
  const body = whole.replace(/[.,;:!?]+$/, '')
  const front = marksInFront.exec(body)?.[0] ?? ''
  const behind = marksBehind.exec(body)?.[0] ?? ''
  if (front === '' || front !== behind.split('').toReversed().join('') || body.length < front.length * 2 + 1)
    return text
  const inside = body.slice(front.length, -front.length)
  if ([...new Set(front.split(''))].some((one) => isUsedIn(inside, one))) return text
  const blank = ' '.repeat(front.length)
  return `${text.slice(0, lead)}${blank}${inside}${blank}`.padEnd(text.length)
}

/** Outside of quotes: a quoted reason may have marks of its own. An underscore or tilde within a word is no mark. */
function isUsedIn(text: string, one: string): boolean {
  const bare = text.replace(/"(?:\\.|[^"\\])*"/g, '')
  if (one === '`' || one === '*') return bare.includes(one)
  return bare.split(' ').some((word) => word.startsWith(one) || word.endsWith(one))
}

/**
 * The words without the marks at their ends. Bold, italic and struck marks count only in pairs, within one word or over several: a
 * tag may begin with an underscore. A word of nothing but marks, and a quoted word, stay as typed.
 */
export function withoutMarks(words: readonly Word[]): readonly Word[] {
  const opened = new Map<string, { readonly word: number; readonly at: number }>()
  const cuts = words.map(() => ({ front: 0, behind: 0 }))
  for (const [index, word] of words.entries()) {
    const cut = cuts[index]
    if (cut === undefined || word.quoted || !mark.test(word.text)) continue
    const { front, behind } = marksOf(word.text)
    for (const [at, one] of front.split('').entries()) {
      if (one === '`') cut.front = at + 1
      else opened.set(one, { word: index, at: at + 1 })
    }
    for (const [at, one] of behind.split('').toReversed().entries()) {
      const open = opened.get(one)
      if (one !== '`' && open === undefined) break
      cut.behind = at + 1
      opened.delete(one)
      const partner = open === undefined ? undefined : cuts[open.word]
      if (open !== undefined && partner !== undefined) partner.front = Math.max(partner.front, open.at)
    }
  }
  return words.map((word, index) => {
    const { front, behind } = cuts[index] ?? { front: 0, behind: 0 }
    if (front + behind === 0) return word
    const end = word.text.length - marksOf(word.text).end.length
    return { ...word, text: `${word.text.slice(front, end - behind)}${word.text.slice(end)}` }
  })
}

/** What stands around the letters of a word: marks, and punctuation behind the last of them. No marks for a word without letters. */
function marksOf(text: string): { readonly front: string; readonly behind: string; readonly end: string } {
  const front = marksAt(text, 0)
  if (front.length === text.length) return { front: '', behind: '', end: '' }
  const [, behind = '', end = ''] = /([`*_~]+)([.,;:!?]*)$/.exec(text) ?? []
  return { front, behind, end }
}
