import type { Button, Message, Section } from '../ports/chat.ts'
import { code, escape, personText } from '../domain/wording.ts'
import type { Reply } from './context.ts'

/** Replies, and how long ones are laid out. Lines are mrkdwn, escaped where they came from outside. */

/** Slack shows at most 3000 characters in a section, and about 13,000 in a message (reference/slack.md 1.1). */
const sectionLimit = 2900
const messageLimit = 9000

type Lines = string | readonly string[]

interface More {
  readonly rollouts?: readonly number[]
  /** How to see what had to be left out, for the last line; plain text. */
  readonly rest?: string
}

export const done = (lines: Lines, more: More = {}): Reply => reply('done', lines, more)
/**
 * For the whole channel, where a slash command itself is invisible: so the text must name the person who did it. `tell`
 * gets the name, escaped.
 */
export const doneForAll = (
  by: { readonly id: string; readonly name: string | null },
  tell: (who: string) => Lines,
  more: More = {},
): Reply => ({ ...reply('done', tell(personText(by)), more), visibility: 'everyone' })
/** It was understood, and is not done. */
export const refused = (lines: Lines, more: More = {}): Reply => reply('refused', lines, more)
export const failed = (lines: Lines, more: More = {}): Reply => reply('failed', lines, more)
/** A button offers the command that was probably meant. */
export const mistyped = (lines: Lines, offer: Button | null = null): Reply => {
  const made = reply('mistyped', lines, {})
  if (offer === null) return made
  const sections: Section[] = [...made.message.sections, { kind: 'buttons', buttons: [offer] }]
  return { ...made, message: { ...made.message, sections } }
}

function reply(outcome: Reply['outcome'], lines: Lines, more: More): Reply {
  return {
    visibility: 'sender',
    outcome,
    rollouts: more.rollouts ?? [],
    message: messageOf(typeof lines === 'string' ? [lines] : lines, more.rest ?? null),
  }
}

/** As many whole lines as a message holds; the last one then says how many were left out. */
function messageOf(lines: readonly string[], rest: string | null): Message {
  const shown: string[] = []
  let size = 0
  for (const line of lines.flatMap((text) => text.split('\n')).map(bounded)) {
    if (size + line.length + 1 > messageLimit) break
    shown.push(line)
    size += line.length + 1
  }
  const left = lines.flatMap((text) => text.split('\n')).length - shown.length
  if (left > 0) shown.push(`… and ${left} more lines${rest === null ? '.' : `: ${escape(rest)}`}`)
  const text = shown.join('\n')
  // Always laid out: of a text alone, Slack makes links and mentions as it likes.
  return { text, sections: sectionsOf(shown) }
}

function sectionsOf(lines: readonly string[]): readonly Section[] {
  const sections: Section[] = []
  let block = ''
  for (const line of lines) {
    if (block !== '' && block.length + line.length + 1 > sectionLimit) {
      sections.push({ kind: 'text', text: block })
      block = ''
    }
    block = block === '' ? line : `${block}\n${line}`
  }
  return block === '' ? sections : [...sections, { kind: 'text', text: block }]
}

/** One line is never longer than a section; cut between characters, and not inside `&amp;` or `<url|label>`. */
function bounded(line: string): string {
  if (line.length <= 1200) return line
  const cut = line.slice(0, 1200).replace(/\p{Surrogate}$/u, '')
  const whole = cut.replace(/&[a-z]{0,4}$/, '').replace(/<[^<>]*$/, '')
  return `${whole}…${line.endsWith('`') ? '`' : ''}`
}

/**
 * A table for narrow screens: a first column in monospace, padded so that the rest lines up, and the rest as words that
 * may wrap.
 */
export function table(rows: readonly { readonly name: string; readonly text: string }[]): readonly string[] {
  const width = Math.min(28, Math.max(0, ...rows.map((row) => row.name.length)))
  return rows.map((row) => `${padded(row.name, width)}  ${row.text}`)
}

function padded(name: string, width: number): string {
  const inside = code(name)
  return `${inside.slice(0, -1)}${' '.repeat(Math.max(0, width - name.length))}\``
}

/** A text of several lines as it is, each line in monospace. */
export const verbatim = (text: string): readonly string[] =>
  text
    .replaceAll('\t', '  ')
    .split(/\r?\n/)
    .map((line) => (line.trim() === '' ? ' ' : `\`${escape(line).replaceAll('`', "'")}\``))
