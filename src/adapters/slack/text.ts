import { visible } from '../../domain/outside-text.ts'

/** Text under Slack's limits, which count characters: cutting never leaves half a character, entity or link behind. */

const ELLIPSIS = '…'

/** Code points of the text, counted up to `most`. */
export function length(text: string, most: number): number {
  let count = 0
  for (const _ of text) if (++count >= most) return most
  return count
}

/** At most `limit` code points; what was cut ends in `…`. */
export function cut(text: string, limit: number): string {
  // A code point is at most two units, so a short text needs no counting.
  if (text.length <= limit) return text
  const points = Array.from(text.slice(0, 2 * limit + 2))
  if (points.length <= limit) return text
  return points.slice(0, limit - 1).join('') + ELLIPSIS
}

/** As `cut`, for mrkdwn: no torn `&amp;`, no torn `<url|label>`, no code fence left open. */
export function cutMrkdwn(text: string, limit: number): string {
  const short = cut(text, limit)
  if (short === text) return text
  const room = cut(text, limit - 4).slice(0, -1)
  const whole = room
    .replace(/&(?:[a-z]{0,4})$/, '')
    .replace(/<[^<>]*$/, '')
    .trimEnd()
  const open = (whole.match(/```/g)?.length ?? 0) % 2 === 1
  return whole + (open ? `${ELLIPSIS}\`\`\`` : ELLIPSIS)
}

/** What Opsee itself writes between angle brackets: people, channels, links and dates. Bounded, so that any text takes linear time. */
const own =
  /<(?:[@#][A-Z][A-Z0-9]{1,30}(?:\|[^<>\n]{0,100})?|(?:https?:\/\/|mailto:)[^<>|\s]{1,2000}(?:\|[^<>\n]{0,2000})?|!date\^\d{1,12}\^[^<>\n]{1,300})>/y
const broadcast = /<!(channel|here|everyone)(?:\|[^<>\n]{0,100})?>/iy

/**
 * The last look at a text before Slack gets it, whatever found its way into it: a deploy never pings a channel or a user group, and
 * no character is invisible or turns the direction of reading.
 */
export function safe(mrkdwn: string): string {
  const text = visible(mrkdwn)
  let out = ''
  let from = 0
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', from)) {
    out += text.slice(from, at)
    broadcast.lastIndex = at
    own.lastIndex = at
    const ping = broadcast.exec(text)
    const mine = ping === null ? own.exec(text) : null
    out += ping === null ? (mine?.[0] ?? '&lt;') : `@${ping[1]}`
    from = at + (ping?.[0].length ?? mine?.[0].length ?? 1)
  }
  return out + text.slice(from)
}

/** Mrkdwn as plain text, for headers and buttons: links become their labels, entities their characters. */
export function plain(mrkdwn: string): string {
  return visible(mrkdwn)
    .replace(/<[^|<>]+\|([^<>]*)>/g, '$1')
    .replace(/<((?:https?|mailto):[^<>]*)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
