import * as webApi from '@slack/web-api'
import type { ChatFailure } from '../../ports/chat.ts'

/**
 * What Slack's error codes mean for us (docs.slack.dev/reference/methods, 2026-08). Codes that are not here were
 * answered too, so nothing was shown: they count as "later", with a long wait.
 */
const KINDS: readonly (readonly [Exclude<ChatFailure['kind'], 'later'>, ...string[]])[] = [
  [
    'message-gone',
    'message_not_found',
    'bad_timestamp',
    'thread_not_found',
    // What is left of a deleted root takes no replies.
    'cannot_reply_to_message',
    'no_item_specified',
  ],
  [
    'not-editable',
    'cant_update_message',
    'edit_window_closed',
    'streaming_state_conflict',
    'block_mismatch',
    'not_reactable',
    'too_many_emoji',
    'too_many_reactions',
    'invalid_name',
  ],
  [
    'place-closed',
    'not_in_channel',
    'channel_not_found',
    'is_archived',
    'is_inactive',
    'messages_tab_disabled',
    'user_not_in_channel',
    'user_not_found',
    'cannot_dm_bot',
    'thread_locked',
    'ekm_access_denied',
    'app_access_restricted',
    'access_denied',
    'no_permission',
    'no_access',
    'team_not_found',
    'channel_is_limited_access',
  ],
  [
    'bad-layout',
    'msg_blocks_too_long',
    'invalid_blocks',
    'invalid_blocks_format',
    'msg_too_long',
    'no_text',
    'invalid_arguments',
    'invalid_metadata_format',
    'invalid_metadata_schema',
    'metadata_too_large',
    'metadata_must_be_sent_from_app',
  ],
  [
    'silenced',
    'account_inactive',
    'token_revoked',
    'token_expired',
    'invalid_auth',
    'not_authed',
    'user_removed_from_team',
    'team_disabled',
    'missing_scope',
    'not_allowed_token_type',
  ],
  ['unknown', 'fatal_error', 'internal_error', 'service_unavailable', 'request_timeout', 'update_failed'],
]

const KIND_OF = new Map(KINDS.flatMap(([kind, ...codes]) => codes.map((code) => [code, kind] as const)))

/** Refused before a connection stood: the request never left. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

const AWAY_MS = 2_000
const UNEXPECTED_MS = 60_000

/** What a call that threw `error` means. `method` is for the reason's words alone. */
export function failureOf(error: unknown, method: string): ChatFailure {
  if (error instanceof webApi.WebAPIRateLimitedError) {
    const retryAfterMs = error.retryAfter * 1000
    return { kind: 'later', retryAfterMs, reason: `Slack allows ${method} again in ${error.retryAfter} s` }
  }
  if (error instanceof webApi.WebAPIPlatformError) return refusal(error, method)
  const code = networkCode(error)
  if (code !== null && NEVER_SENT.has(code)) {
    return { kind: 'later', retryAfterMs: AWAY_MS, reason: `Slack cannot be reached (${code})` }
  }
  if (error instanceof webApi.WebAPIHTTPError) {
    return { kind: 'unknown', reason: `Slack answered ${method} with HTTP ${error.statusCode}` }
  }
  const words = code ?? (error instanceof Error ? error.message : String(error))
  return { kind: 'unknown', reason: `no answer to ${method} from Slack (${words})` }
}

const TOO_FAST = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded'])

/** Slack said "too fast", by status or by code. */
export function isRateLimit(error: unknown): boolean {
  return error instanceof webApi.WebAPIRateLimitedError || TOO_FAST.has(slackCode(error) ?? '')
}

/** The error code that Slack answered with, or null when `error` is something else. */
export function slackCode(error: unknown): string | null {
  return error instanceof webApi.WebAPIPlatformError ? error.data.error : null
}

function refusal(error: webApi.WebAPIPlatformError, method: string): ChatFailure {
  const code = error.data.error
  // An answer that is no JSON (a proxy's error page) is put into `error` as it is by the client.
  if (!/^[a-z0-9_]{1,80}$/.test(code)) return { kind: 'unknown', reason: `the answer to ${method} was not Slack's` }
  const needed = code === 'missing_scope' ? neededScope(error) : ''
  const reason = `Slack refused ${method}: ${code}${needed}`
  if (TOO_FAST.has(code)) return { kind: 'later', retryAfterMs: 30_000, reason }
  // Without the scope to read or react, or in a locked thread, the bot can still speak.
  if (!method.startsWith('chat.') && (code === 'missing_scope' || code === 'thread_locked')) {
    return { kind: 'not-editable', reason }
  }
  const kind = KIND_OF.get(code) ?? (code.startsWith('restricted_action') ? 'place-closed' : null)
  return kind === null ? { kind: 'later', retryAfterMs: UNEXPECTED_MS, reason } : { kind, reason }
}

function neededScope(error: webApi.WebAPIPlatformError): string {
  const answer: object = error.data
  return 'needed' in answer && typeof answer.needed === 'string' ? ` (${answer.needed})` : ''
}

/** The system's code, wherever in the chain of causes it is; connecting to several addresses fails with several. */
function networkCode(error: unknown, depth = 0): string | null {
  if (!(error instanceof Error) || depth > 5) return null
  if ('code' in error && typeof error.code === 'string' && /^(E[A-Z]|UND_ERR)/.test(error.code)) return error.code
  if (error instanceof AggregateError && error.errors.length > 0) return networkCode(error.errors[0], depth + 1)
  if ('original' in error) return networkCode(error.original, depth + 1)
  return networkCode(error.cause, depth + 1)
}
