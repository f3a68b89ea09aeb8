import type { ActionsBlock, Button as SlackButton, KnownBlock } from '@slack/types'
import type { Button, Message, Section } from '../../ports/chat.ts'
import { cut, cutMrkdwn, length, plain, safe } from './text.ts'

/** Slack's limits in characters and pieces (@slack/types 3.2.0; the total per message is undocumented, about 13,000). */
const LIMIT = {
  header: 150,
  section: 3000,
  field: 2000,
  fields: 10,
  label: 75,
  value: 2000,
  buttons: 25,
  confirm: 300,
  blocks: 50,
  message: 10_000,
} as const

const KEY = /^[\w.-]{1,120}$/

/**
 * The message as blocks, under all limits. `revision` must be new for every post and edit (Slack wants new block ids
 * for changed blocks); the first block's id carries the message's key, for `keyOf`.
 */
export function blocks(message: Message, revision: string): KnownBlock[] {
  const cap = fairCap(message.sections.flatMap(pieces), LIMIT.message)
  const made = limited(message.sections.flatMap((section) => layout(section, cap)))
  const key = message.key !== undefined && KEY.test(message.key) ? message.key : ''
  for (const [index, block] of made.entries()) block.block_id = `opsee:${index === 0 ? key : ''}:${revision}:${index}`
  return made
}

/** The key in a message's blocks, as the chat gave them back; null when there is none. */
export function keyOf(blockId: string | undefined): string | null {
  const key = /^opsee:([\w.-]+):/.exec(blockId ?? '')?.[1]
  return key ?? null
}

function layout(section: Section, cap: number): KnownBlock[] {
  const mrkdwn = (text: string, limit: number) => ({
    type: 'mrkdwn' as const,
    text: cutMrkdwn(safe(text), Math.min(limit, cap)),
    // Slack turns nothing more of it into links or mentions: a name that looks like an address stays a name.
    verbatim: true,
  })
  if (section.kind === 'fields') {
    return chunks(section.fields, LIMIT.fields).map((fields) => ({
      type: 'section',
      fields: fields.map((field) => mrkdwn(`*${field.name}*\n${field.value}`, LIMIT.field)),
    }))
  }
  if (section.kind === 'buttons') return chunks(section.buttons.filter(isSendable), LIMIT.buttons).map(actions)
  if (section.text.trim() === '') return []
  if (section.kind === 'text') return [{ type: 'section', text: mrkdwn(section.text, LIMIT.section) }]
  if (section.kind === 'context') return [{ type: 'context', elements: [mrkdwn(section.text, LIMIT.section)] }]
  return [{ type: 'header', text: { type: 'plain_text', text: cut(plain(section.text), LIMIT.header), emoji: true } }]
}

/** A cut command would be another command: such a button is left out. */
function isSendable(button: Button): boolean {
  return button.label.trim() !== '' && button.command !== '' && length(button.command, LIMIT.value + 1) <= LIMIT.value
}

function actions(buttons: readonly Button[]): ActionsBlock {
  return { type: 'actions', elements: buttons.map(slackButton) }
}

function slackButton(button: Button, index: number): SlackButton {
  const verb = /^\w{1,40}/.exec(button.command)?.[0] ?? 'command'
  const label = cut(plain(button.label), LIMIT.label)
  return {
    type: 'button',
    action_id: `opsee:${verb}:${index}`,
    text: { type: 'plain_text', text: label, emoji: true },
    accessibility_label: label,
    value: button.command,
    ...(button.style === 'plain' ? {} : { style: button.style }),
    ...(button.confirm === null
      ? {}
      : {
          confirm: {
            title: { type: 'plain_text', text: label },
            text: { type: 'plain_text', text: cut(plain(button.confirm), LIMIT.confirm) },
            confirm: { type: 'plain_text', text: 'Yes' },
            deny: { type: 'plain_text', text: 'No' },
            ...(button.style === 'danger' ? { style: 'danger' as const } : {}),
          },
        }),
  }
}

/** Too many blocks lose their middle, not their end: the buttons are there. */
function limited(all: KnownBlock[]): KnownBlock[] {
  if (all.length <= LIMIT.blocks) return all
  const last = all.slice(-1)
  const kept = all.slice(0, LIMIT.blocks - 2)
  const left = all.length - kept.length - last.length
  return [
    ...kept,
    { type: 'context', elements: [{ type: 'mrkdwn', text: `… and ${left} more not shown`, verbatim: true }] },
    ...last,
  ]
}

function pieces(section: Section): number[] {
  if (section.kind === 'fields') {
    return section.fields.map(({ name, value }) => length(`*${name}*\n${value}`, LIMIT.field))
  }
  if (section.kind === 'buttons') return section.buttons.map((button) => 2 * length(button.label, LIMIT.label))
  return [length(section.text, section.kind === 'header' ? LIMIT.header : LIMIT.section)]
}

/** The largest cap under which pieces, each cut to it, fit into `total` together: the longest give way first. */
function fairCap(sizes: readonly number[], total: number): number {
  let room = total
  const ascending = [...sizes].sort((a, b) => a - b)
  for (const [index, size] of ascending.entries()) {
    const share = Math.floor(room / (ascending.length - index))
    if (size > share) return Math.max(share, 20)
    room -= size
  }
  return total
}

function chunks<T>(items: readonly T[], size: number): (readonly T[])[] {
  const out: (readonly T[])[] = []
  for (let start = 0; start < items.length; start += size) out.push(items.slice(start, start + size))
  return out
}
