/** Makes plain text of what arrives from a chat: decoration undone, typography straightened, nothing invisible left. */
export interface Plain {
  readonly text: string
  /** Slack user ids by the offset in `text` where their `@name` stands. */
  readonly mentions: ReadonlyMap<number, string>
}

/** Format characters (zero-width spaces and joiners, direction marks, soft hyphens) and blank fillers. */
const invisible = /[\p{Cf}\u115F\u1160\u3164]/gu
const control = /[\p{Cc}\p{Zl}\p{Zp}\p{Zs}]/gu
const doubleQuotes = /[\u201C-\u201F\u2033\u00AB\u00BB\uFF02]/gu
const singleQuotes = /[\u2018-\u201B\u2032\uFF07]/gu
const hyphens = /[\u2010\u2011]/gu

/**
 * How Slack writes what people type when `should_escape` is on, and in events: `<@U1|ann>`, `<#C1|deploys>`,
 * `<!here>`, `<http://a.b|a.b>`, and `&amp; &lt; &gt;` for the three characters themselves (reference/slack.md 1.5).
 */
const decoration =
  /<@([A-Z0-9]+)(?:\|([^<>]*))?>|<#([A-Z0-9]+)(?:\|([^<>]*))?>|<!([^<>|]+)(?:\|([^<>]*))?>|<((?:https?|ftp|tel|mailto|slack):[^<>|\s]*)(?:\|([^<>]*))?>|&(?:amp|lt|gt);/g

export function normalize(raw: string): Plain {
  const text = raw
    .normalize('NFC')
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .replace(invisible, '')
    .replace(control, ' ')
    .replace(doubleQuotes, '"')
    .replace(singleQuotes, "'")
    .replace(hyphens, '-')
  const mentions = new Map<number, string>()
  let out = ''
  let from = 0
  // One pass: `&lt;@U1&gt;` was typed as `<@U1>` by a person and must not become a mention.
  for (const match of text.matchAll(decoration)) {
    out += text.slice(from, match.index)
    if (match[1] !== undefined) mentions.set(out.length, match[1])
    out += plainOf(match)
    from = match.index + match[0].length
  }
  return { text: out + text.slice(from), mentions }
}

function plainOf(match: RegExpMatchArray): string {
  const [whole, user, userName, channel, channelName, special, specialName, link, linkName] = match
  if (user !== undefined) return `@${labelOf(userName, user)}`
  if (channel !== undefined) return `#${labelOf(channelName, channel)}`
  if (special !== undefined) return labelOf(specialName, `@${special.split('^')[0] ?? ''}`)
  if (link !== undefined) return labelOf(linkName, unescaped(link.replace(/^(?:mailto|tel):/, '')))
  return unescaped(whole)
}

const labelOf = (label: string | undefined, otherwise: string): string =>
  label === undefined || label === '' ? otherwise : unescaped(label)

const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt);/g, (_, name: string) => (name === 'amp' ? '&' : name === 'lt' ? '<' : '>'))
