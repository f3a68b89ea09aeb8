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

/** A deploy must never ping a whole channel, whatever text found its way into a message. */
export function withoutBroadcasts(mrkdwn: string): string {
  return mrkdwn.replace(/<!(channel|here|everyone)(\|[^<>]*)?>/gi, '@$1')
}

/** Mrkdwn as plain text, for headers and buttons: links become their labels, entities their characters. */
export function plain(mrkdwn: string): string {
  return mrkdwn
    .replace(/<[^|<>]+\|([^<>]*)>/g, '$1')
    .replace(/<((?:https?|mailto):[^<>]*)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
