import type { ChatFailure, ChatReader, ChatWriter, EditResult, Message, Place, Since } from '../../ports/chat.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import { blocks } from './blocks.ts'
import { createBudget, SLACK_LIMITS, type Limits } from './budget.ts'
import { checkChannels, type ChannelState } from './channels.ts'
import { createClients, type ClientOptions, type Clients } from './client.ts'
import { failureOf, isRateLimit } from './failures.ts'
import { readOurs } from './history.ts'
import { identify, type Identity, type IdentityResult } from './identity.ts'
import { createReactions } from './reactions.ts'
import { cutMrkdwn, safe } from './text.ts'

export interface SlackChatOptions extends ClientOptions {
  /** The workspace's limits; Slack's own by default, wider ones for tests and the demo. */
  readonly limits?: Limits
}

export interface SlackChat extends ChatWriter, ChatReader {
  /** Who we are to Slack. A known answer is kept; any other is asked again. Never rejects. */
  identity(): Promise<IdentityResult>
  /** Who we are, which of the needed scopes the token lacks, and whether these channels can be written to. Never rejects. */
  check(channels: readonly string[]): Promise<SlackCheck>
  /** The Web API clients, for what is not part of the chat (user groups). */
  readonly clients: Clients
  /** Ends what is under way; every later call answers `later`. */
  close(): void
}

interface SlackCheck {
  readonly identity: IdentityResult
  readonly missingScopes: readonly string[]
  readonly channels: ReadonlyMap<string, ChannelState>
}

/** Text alone may be longer when it is posted than when it is edited (chat.update: 4,000 characters). */
const POST_TEXT = 10_000
const EDIT_TEXT = 4_000

/** The chat of one workspace. Make one: its budget is what all rollouts share. */
export function createSlackChat(options: SlackChatOptions, clock: Clock, log: Log): SlackChat {
  const clients = createClients(options, log)
  const budget = createBudget(options.limits ?? SLACK_LIMITS, clock)
  const started = clock.now().toString(36)
  let revisions = 0
  let who: Identity | null = null
  let closed = false

  const identity = async (): Promise<IdentityResult> => {
    if (who !== null) return { kind: 'known', identity: who }
    const result = await identify(clients)
    if (result.kind === 'known') who = result.identity
    return result
  }
  const known = async (): Promise<Identity | null> => {
    const result = await identity()
    return result.kind === 'known' ? result.identity : null
  }
  const { postMessage, postEphemeral, update } = clients.messages.chat
  const react = createReactions(clients, known)

  /** Every call goes through here: the budget first, then Slack, then the words for what went wrong. */
  const call = async <T>(
    method: string,
    channel: string,
    sending: { readonly urgent: boolean; readonly who: string | null },
    run: () => Promise<T>,
  ): Promise<{ readonly kind: 'ok'; readonly value: T } | ChatFailure> => {
    if (closed) return { kind: 'later', retryAfterMs: 60_000, reason: 'the bot is stopping' }
    const verdict = budget.take(method, channel, sending.urgent, sending.who)
    if (verdict.kind === 'wait') {
      return { kind: 'later', retryAfterMs: verdict.retryAfterMs, reason: `the budget for ${method} is used up` }
    }
    try {
      return { kind: 'ok', value: await run() }
    } catch (error) {
      const failure = failureOf(error, method)
      if (failure.kind === 'later' && isRateLimit(error)) budget.refused(method, failure.retryAfterMs)
      report(log, method, channel, failure)
      return failure
    }
  }

  const content = (message: Message, limit: number) => {
    const revision = `${started}-${++revisions}`
    const laidOut = blocks(message, revision)
    const text = cutMrkdwn(safe(message.text), laidOut.length === 0 ? limit : EDIT_TEXT)
    // Text alone takes the blocks of an edited message away, which is what is wanted.
    return laidOut.length === 0 ? { text } : { text, blocks: laidOut }
  }
  const metadata = (message: Message) => ({
    metadata: { event_type: 'opsee_rollout', event_payload: { key: message.key ?? '' } },
  })

  return {
    clients,
    identity,

    async post(place, message, sending) {
      const sent = await call('chat.postMessage', place.channel, asked(sending, message.key), () =>
        postMessage({
          channel: place.channel,
          ...content(message, POST_TEXT),
          ...metadata(message),
          ...threadOf(place),
          unfurl_links: false,
          unfurl_media: false,
        }),
      )
      if (sent.kind !== 'ok') return sent
      // In a direct message the answer's channel (`D…`) is not the one asked for (`U…`), and only that one can be edited.
      const { channel, ts } = sent.value
      if (ts === undefined) return { kind: 'unknown', reason: 'Slack took the message and did not say which it is' }
      return { kind: 'posted', ref: { channel: channel ?? place.channel, id: ts } }
    },

    async edit(message, newContent, sending) {
      const sent = await call('chat.update', message.channel, asked(sending, message.id), () =>
        update({
          channel: message.channel,
          ts: message.id,
          ...content(newContent, EDIT_TEXT),
          ...metadata(newContent),
        }),
      )
      return sent.kind === 'ok' ? { kind: 'done' } : sent
    },

    react(message, name, sending) {
      return react(message, name, async (method, channel, run): Promise<EditResult> => {
        const done = await call(method, channel, asked(sending, message.id), run)
        return done.kind === 'ok' ? { kind: 'done' } : done
      })
    },

    async whisper(place, user, message) {
      const sent = await call('chat.postEphemeral', place.channel, asked(), () =>
        postEphemeral({
          channel: place.channel,
          user,
          ...content(message, POST_TEXT),
          ...threadOf(place),
        }),
      )
      if (sent.kind !== 'ok') return sent
      return { kind: 'posted', ref: { channel: place.channel, id: sent.value.message_ts ?? '' } }
    },

    async ours(place, from) {
      const us = await known()
      if (us === null) return null
      const method = place.thread === null ? 'conversations.history' : 'conversations.replies'
      const read = await call(method, place.channel, asked(), () => readOurs(clients, us, place, oldestOf(from)))
      return read.kind === 'ok' ? read.value : null
    },

    async linkTo({ channel, id }, thread) {
      const url = (await known())?.url ?? null
      if (url === null) return null
      const at = thread === null ? '' : `?thread_ts=${thread}&cid=${channel}`
      return `${url}archives/${channel}/p${id.replace('.', '')}${at}`
    },

    async check(channels) {
      const result = await identity()
      if (result.kind !== 'known') return { identity: result, missingScopes: [], channels: new Map() }
      return { identity: result, ...(await checkChannels(clients, result.identity, channels)) }
    },

    close() {
      closed = true
      clients.close()
    },
  }
}

/** Slack's message ids are times: seconds, and a part to tell messages apart. */
const oldestOf = (from: Since): string => (from.kind === 'message' ? from.id : (from.ms / 1000).toFixed(6))

/** Who names a message may send it again later, and then keeps its place among all that wait. */
const asked = (sending?: { readonly urgent?: boolean }, who?: string) => ({
  urgent: sending?.urgent ?? false,
  who: who ?? null,
})

function threadOf(place: Place) {
  return place.thread === null ? {} : { thread_ts: place.thread }
}

function report(log: Log, method: string, channel: string, failure: ChatFailure): void {
  const fields = { method, channel, kind: failure.kind }
  if (failure.kind === 'silenced' || failure.kind === 'bad-layout') log.error(fields, failure.reason)
  else log.warn(fields, failure.reason)
}
