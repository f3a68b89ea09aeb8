import { z } from 'zod'
import type { Place } from '../../ports/chat.ts'
import type { Incoming } from '../../ports/incoming.ts'
import { clickTeams, messageTeams, slashTeams, type NamedTeams } from './origin.ts'

/** A request out of Slack's payload, before it can answer; `responseUrl` is where an answer may go (30 minutes, 5 times). */
export interface Request extends Omit<Incoming, 'reply'> {
  readonly responseUrl: string | null
  /** The teams that the payload names for the person. */
  readonly named: NamedTeams
}

/** Slack's ids: capital letters and digits. Anything else did not come from Slack, and could pass for another kind of principal. */
const userId = z.string().regex(/^[UW][A-Z0-9]{1,40}$/)
const channelId = z.string().regex(/^[CDG][A-Z0-9]{1,40}$/)
const teamId = z.string().regex(/^[TE][A-Z0-9]{1,40}$/)
const enterpriseId = z.string().regex(/^E[A-Z0-9]{1,40}$/)
/** Seconds and microseconds. */
const messageTs = z.string().regex(/^\d{1,20}\.\d{1,20}$/)
const empty = z.literal('').transform(() => undefined)
const maybeTeam = z.union([teamId, empty]).nullish()
const maybeEnterprise = z.union([enterpriseId, empty]).nullish()

const slashPayload = z.object({
  text: z.string().optional(),
  user_id: userId,
  user_name: z.string().optional(),
  channel_id: channelId,
  team_id: maybeTeam,
  enterprise_id: maybeEnterprise,
  trigger_id: z.string().min(1),
  response_url: z.string().optional(),
})

const messagePayload = z.object({
  event_id: z.string().optional(),
  team_id: maybeTeam,
  enterprise_id: maybeEnterprise,
  is_ext_shared_channel: z.boolean().optional(),
  event: z.object({
    text: z.string().optional(),
    user: userId.optional(),
    team: maybeTeam,
    user_team: maybeTeam,
    source_team: maybeTeam,
    user_profile: z.object({ team: maybeTeam }).nullish(),
    channel: channelId,
    channel_type: z.string().optional(),
    ts: messageTs,
    thread_ts: messageTs.optional(),
    bot_id: z.string().nullish(),
    subtype: z.string().optional(),
    hidden: z.boolean().optional(),
    edited: z.unknown().optional(),
  }),
})
type MessagePayload = z.output<typeof messagePayload>

/**
 * Subtypes of a message that a person has just written: also sent to the channel, with a file, as `/me`. Every other
 * subtype is an edit, a deletion, a bot, or a notice that Slack itself writes (@slack/types 3.2.0, events/message).
 */
const WRITTEN_BY_PERSON: ReadonlySet<string> = new Set([
  'thread_broadcast',
  'reply_broadcast',
  'file_share',
  'file_comment',
  'file_mention',
  'me_message',
])

/** Slack's own assistant repeats what people make it say, such as reminders: nobody types a command through it. */
const SLACKBOT = 'USLACKBOT'

const clickPayload = z.object({
  trigger_id: z.string().optional(),
  response_url: z.string().optional(),
  user: z.object({
    id: userId,
    name: z.string().optional(),
    username: z.string().optional(),
    team_id: maybeTeam,
  }),
  team: z.object({ id: teamId.optional(), enterprise_id: maybeEnterprise }).nullish(),
  enterprise: z.object({ id: enterpriseId.optional() }).nullish(),
  channel: z.object({ id: channelId.optional() }).nullish(),
  container: z
    .object({
      channel_id: channelId.optional(),
      message_ts: z.string().optional(),
      thread_ts: z.string().optional(),
    })
    .nullish(),
  message: z.object({ ts: z.string().optional(), thread_ts: z.string().optional() }).nullish(),
  actions: z.tuple(
    [z.object({ action_id: z.string(), action_ts: z.string().optional(), value: z.string().optional() })],
    z.unknown(),
  ),
})

/** Null when the payload is not a slash command as Slack sends it. */
export function slashRequest(payload: unknown): Request | null {
  const parsed = slashPayload.safeParse(payload)
  if (!parsed.success) return null
  const { data } = parsed
  return {
    text: data.text ?? '',
    user: { id: data.user_id, name: data.user_name ?? null },
    place: { channel: data.channel_id, thread: null },
    requestKey: `slash:${data.trigger_id}`,
    source: 'slash',
    responseUrl: data.response_url ?? null,
    named: slashTeams(data),
  }
}

/**
 * A mention is a command only when it begins with our name: "as I said, @opsee deploy api production is dangerous" must
 * deploy nothing (`isCommand` is false then). Null for anything that no person has just written: bots' messages and edits.
 */
export function mentionRequest(
  payload: unknown,
  botUserId: string,
): { readonly request: Request; readonly isCommand: boolean } | null {
  const parsed = messagePayload.safeParse(payload)
  if (!parsed.success) return null
  const user = writerOf(parsed.data.event, botUserId)
  if (user === null) return null
  const { text, addressed } = withoutName(parsed.data.event.text ?? '', botUserId)
  return { request: messageRequest(parsed.data, { user, text, source: 'mention' }), isCommand: addressed }
}

/** A message to the bot in a direct message is a command, with or without its name in front. Null for any other message. */
export function directRequest(payload: unknown, botUserId: string): Request | null {
  const parsed = messagePayload.safeParse(payload)
  if (!parsed.success || !isDirect(parsed.data.event)) return null
  const user = writerOf(parsed.data.event, botUserId)
  if (user === null) return null
  const { text } = withoutName(parsed.data.event.text ?? '', botUserId)
  return messageRequest(parsed.data, { user, text, source: 'direct' })
}

/** The person who has just written the message; null for bots, ourselves, edits and notices. */
function writerOf(event: MessagePayload['event'], botUserId: string): string | null {
  const { user, bot_id: bot, subtype, edited, hidden } = event
  if (user === undefined || user === botUserId || user === SLACKBOT || typeof bot === 'string') return null
  if (edited !== undefined || hidden === true) return null
  return subtype === undefined || WRITTEN_BY_PERSON.has(subtype) ? user : null
}

function withoutName(text: string, botUserId: string): { readonly text: string; readonly addressed: boolean } {
  const start = new RegExp(`^[\\s\\u200b\\u2060*_~]*<@${botUserId}(?:\\|[^>]*)?>[\\s,:]*`, 'u').exec(text)
  return { text: text.slice(start?.[0].length ?? 0), addressed: start !== null }
}

const isDirect = (event: MessagePayload['event']): boolean =>
  event.channel_type === undefined ? event.channel.startsWith('D') : event.channel_type === 'im'

function messageRequest(
  payload: MessagePayload,
  more: { readonly user: string; readonly text: string; readonly source: 'mention' | 'direct' },
): Request {
  const { event, event_id: eventId } = payload
  // A mention in a direct message may come twice, as a mention and as a message: both are the same request.
  const own = isDirect(event) ? undefined : eventId
  return {
    text: more.text,
    user: { id: more.user, name: null },
    place: { channel: event.channel, thread: event.thread_ts ?? null },
    requestKey: `event:${own ?? `${event.channel}:${event.ts}`}`,
    source: more.source,
    responseUrl: null,
    named: messageTeams(payload),
  }
}

/** A click on one of our buttons (their action ids begin with `opsee:`). */
export function isOurAction(payload: unknown): boolean {
  const parsed = z.object({ actions: z.tuple([z.object({ action_id: z.string() })], z.unknown()) }).safeParse(payload)
  return parsed.success && parsed.data.actions[0].action_id.startsWith('opsee:')
}

/** Null for a click that has no place to answer in (the app's home), or carries no command. */
export function clickRequest(payload: unknown): Request | null {
  const parsed = clickPayload.safeParse(payload)
  if (!parsed.success) return null
  const { data } = parsed
  const [action] = data.actions
  const channel = data.container?.channel_id ?? data.channel?.id ?? ''
  if (channel === '') return null
  if (action.value === undefined || action.value === '') return null
  const message = data.container?.message_ts ?? data.message?.ts ?? ''
  const trigger = data.trigger_id ?? `${channel}:${message}:${action.action_ts ?? ''}:${data.user.id}`
  return {
    text: action.value,
    user: { id: data.user.id, name: data.user.username ?? data.user.name ?? null },
    place: clickPlace(channel, message, data.container?.thread_ts ?? data.message?.thread_ts ?? null),
    requestKey: `button:${trigger}`,
    source: 'button',
    responseUrl: data.response_url ?? null,
    named: clickTeams(data),
  }
}

/** A thread's root carries its own ts as `thread_ts` once it has replies: a button on it is in the channel. */
function clickPlace(channel: string, message: string, thread: string | null): Place {
  return { channel, thread: thread === message ? null : thread }
}
