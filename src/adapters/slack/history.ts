import type { Place, SeenMessage } from '../../ports/chat.ts'
import { keyOf } from './blocks.ts'
import type { Clients } from './client.ts'
import type { Identity } from './identity.ts'

/** Pages of 200 messages; a bot's thread is far below, and a busy channel is read behind a known message. */
const MAX_PAGES = 10

interface RawMessage {
  readonly ts?: string
  readonly thread_ts?: string
  readonly subtype?: string
  readonly text?: string
  readonly user?: string
  readonly bot_id?: string
  readonly blocks?: readonly { readonly block_id?: string }[]
}

/** Our own messages at the place, oldest first; throws what the client throws; null when there is more than was read. */
export async function readOurs(
  clients: Clients,
  who: Identity,
  place: Place,
  after: string | null,
): Promise<readonly SeenMessage[] | null> {
  const found = new Map<string, SeenMessage>()
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const range = {
      channel: place.channel,
      limit: 200,
      ...(after === null ? {} : { oldest: after }),
      ...(cursor === undefined || cursor === '' ? {} : { cursor }),
    }
    const answer =
      place.thread === null
        ? await clients.lookups.conversations.history(range)
        : await clients.lookups.conversations.replies({ ...range, ts: place.thread })
    for (const message of (answer.messages ?? []) as readonly RawMessage[]) {
      if (message.ts === undefined || !isOurs(message, who) || !isAt(message, place)) continue
      if (after !== null && !isLater(message.ts, after)) continue
      found.set(message.ts, { id: message.ts, text: message.text ?? '', key: keyOf(message.blocks?.[0]?.block_id) })
    }
    cursor = answer.response_metadata?.next_cursor
    if (answer.has_more !== true || cursor === undefined || cursor === '') {
      return [...found.values()].sort((a, b) => (isLater(a.id, b.id) ? 1 : -1))
    }
  }
  return null
}

function isOurs(message: RawMessage, who: Identity): boolean {
  // Only the asker sees an ephemeral message, and real Slack keeps none.
  if (message.subtype === 'ephemeral' || message.subtype === 'tombstone') return false
  return message.bot_id === who.botId || message.user === who.userId
}

/** A thread's answer begins with its root, and a channel's holds broadcast replies: neither is at that place. */
function isAt(message: RawMessage, place: Place): boolean {
  if (place.thread !== null) return message.ts !== place.thread
  return message.thread_ts === undefined || message.thread_ts === message.ts
}

/** Message ids are `seconds.microseconds`, in digits that a number cannot hold all of. */
function isLater(a: string, b: string): boolean {
  const [aWhole = '', aPart = ''] = a.split('.')
  const [bWhole = '', bPart = ''] = b.split('.')
  if (aWhole !== bWhole) return aWhole.length === bWhole.length ? aWhole > bWhole : aWhole.length > bWhole.length
  return aPart > bPart
}
