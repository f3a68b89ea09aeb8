import * as webApi from '@slack/web-api'
import { failureOf, slackCode } from './failures.ts'
import { slackLogger } from './logger.ts'
import type { Log } from '../../ports/log.ts'

/** Codes with which Slack says that a token is not one, not any more, or not one for this. */
export const BAD_TOKEN: ReadonlySet<string> = new Set([
  'not_authed',
  'invalid_auth',
  'account_inactive',
  'user_removed_from_team',
  'team_disabled',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'not_allowed_token_type',
])

/** What to do about an app-level token that Slack answered `code` to. */
export const appTokenRefused = (code: string): string =>
  `SLACK_APP_TOKEN is refused: Slack answered ${code} to it; make an app-level token (xapp-…) with the scope connections:write on the app's page "Basic Information"`

export type AppTokenCheck =
  | { readonly kind: 'good' }
  /** `message` is for the operator, and says what to do. */
  | { readonly kind: 'refused' | 'unknown'; readonly message: string }

/**
 * Asks Slack for the address of a socket and never connects to it: the address alone is no connection, and counts
 * against none of the ten that an app may have. Never rejects.
 */
export async function checkAppToken(
  options: {
    readonly appToken: string
    readonly apiUrl: string | null
    readonly timeoutMs: number
    readonly fetch?: typeof fetch
  },
  log: Log,
): Promise<AppTokenCheck> {
  const method = 'apps.connections.open'
  const client = new webApi.WebClient(undefined, {
    ...(options.apiUrl === null ? {} : { slackApiUrl: options.apiUrl }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    timeout: options.timeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: slackLogger(log),
  })
  try {
    await client.apps.connections.open({ token: options.appToken })
    return { kind: 'good' }
  } catch (error) {
    const code = slackCode(error)
    if (code !== null && BAD_TOKEN.has(code)) return { kind: 'refused', message: appTokenRefused(code) }
    return { kind: 'unknown', message: `SLACK_APP_TOKEN could not be tested: ${failureOf(error, method).reason}` }
  }
}
