import type { Clients } from './client.ts'
import { failureOf, slackCode } from './failures.ts'
import { NEEDED_SCOPES, type Identity } from './identity.ts'

export type ChannelState =
  | { readonly kind: 'open'; readonly name: string }
  /** `message` says what to type: "not in #deploys: type `/invite @opsee` there". */
  | { readonly kind: 'closed'; readonly message: string }

/** Which needed scopes the token lacks, and which of the channels the bot can write to. */
export async function checkChannels(
  clients: Clients,
  who: Identity,
  channels: readonly string[],
): Promise<{ readonly missingScopes: readonly string[]; readonly channels: ReadonlyMap<string, ChannelState> }> {
  // An empty list means that Slack sent no header, not that the token can do nothing: auth.test just worked.
  const missingScopes = who.scopes.length === 0 ? [] : NEEDED_SCOPES.filter((scope) => !who.scopes.includes(scope))
  const states = new Map<string, ChannelState>()
  for (const channel of channels) states.set(channel, await look(clients, channel))
  return { missingScopes, channels: states }
}

async function look(clients: Clients, id: string): Promise<ChannelState> {
  try {
    const { channel } = await clients.lookups.conversations.info({ channel: id })
    const name = channel?.name ?? id
    if (channel?.is_archived === true) return closed(`#${name} is archived: unarchive it or name another channel`)
    if (channel?.is_member === false) return closed(`the bot is not in #${name}: type \`/invite @opsee\` there`)
    return { kind: 'open', name }
  } catch (error) {
    if (slackCode(error) === 'channel_not_found') {
      return closed(`Slack knows no channel ${id} that the bot can see: copy the id (C…) from the channel's details`)
    }
    return closed(failureOf(error, 'conversations.info').reason)
  }
}

function closed(message: string): ChannelState {
  return { kind: 'closed', message }
}
