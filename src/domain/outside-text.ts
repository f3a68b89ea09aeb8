/**
 * Text from outside, in Slack's mrkdwn: what fleet, registries, instances and people say. Each text goes through exactly one of these
 * functions, according to what it is.
 */

/**
 * Format characters (zero-width spaces and joiners, marks and overrides of the direction of reading, tags), and letters that
 * show nothing: with them, a text can look like a different one, or hide what it says.
 */
const invisible = /\p{Cf}|\u034F|\u115F|\u1160|\u17B4|\u17B5|\u3164|\uFFA0/gu
/** Line ends are kept; of other control characters, none has a meaning in a message. */
const control = /[\p{Cc}\p{Zl}\p{Zp}]/gu

/** The text as a reader sees it: without invisible characters. A line end stays a line end. */
export const visible = (text: string): string =>
  text
    .replace(invisible, '')
    .replace(control, (one) => (one === '\n' || one === '\u2028' || one === '\u2029' ? '\n' : ' '))

const escapeMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Slack's three control characters (docs: "Formatting text for app surfaces"); nothing else needs escaping in mrkdwn. */
export const escape = (text: string): string => escapeMarkup(visible(text))

const oneLine = (text: string): string => visible(text).replace(/\s+/gu, ' ').trim()

/**
 * On one line, escaped: for reasons and other words. A URL becomes a link that ends where the URL ends; between backticks it
 * stays as it is.
 */
export function words(text: string): string {
  const line = oneLine(text)
  let out = ''
  let from = 0
  for (const { index, 0: found } of line.matchAll(codeOrUrl)) {
    if (found.startsWith('`')) continue
    const address = found.slice(0, found.length - trailing(found))
    out += escapeMarkup(line.slice(from, index))
    out += link(address, address)
    from = index + address.length
  }
  return out + escapeMarkup(line.slice(from))
}

/** In monospace. A backtick would end it, so it becomes an apostrophe. */
export const code = (text: string): string => `\`${escapeMarkup(oneLine(text)).replaceAll('`', "'")}\``

/**
 * A link to an http or https address. Slack ends a bare URL where it likes, and swallows a `;` or `*` that follows; so no URL is
 * written bare. Any other address is no link, but words.
 */
export function link(address: string, label: string): string {
  const name = escapeMarkup(oneLine(label)).replaceAll('|', '¦')
  if (!/^https?:\/\/[^\s<>|]+$/.test(address)) return name
  return `<${escapeMarkup(address)}|${name}>`
}

const codeOrUrl = /`[^`]*`|https?:\/\/[^\s<>|"`\\^{}]+/g

/** How many characters behind a URL belong to the sentence. A closing bracket belongs to the URL if it opens there too. */
function trailing(found: string): number {
  const opens = found.includes('(')
  let end = found.length
  for (; end > 0; end -= 1) {
    const last = found[end - 1] ?? ''
    if ((last === ')' && opens) || !".,;:!?'*_~)]…".includes(last)) break
  }
  return found.length - end
}
