import * as webApi from '@slack/web-api'
import type { WebClientOptions } from '@slack/web-api'
import type { Log } from '../../ports/log.ts'
import { slackLogger } from './logger.ts'

export interface ClientOptions {
  /** `xoxb-…`. */
  readonly token: string
  /** Base of the Web API (`https://slack.com/api/`); null for Slack's own. */
  readonly apiUrl: string | null
  /** Stands in for the global `fetch`: where tests put in faults. */
  readonly fetch?: typeof fetch
  /** Longest that one call may take, in milliseconds, its body included. */
  readonly timeoutMs: number
}

export interface Clients {
  /** Posts and edits. Never repeats a call by itself: a repeated post could be shown twice. */
  readonly messages: webApi.WebClient
  /** Reads. Repeats a lost call once. */
  readonly lookups: webApi.WebClient
  /** Ends the calls under way; later ones fail at once. */
  close(): void
}

export function createClients(options: ClientOptions, log: Log): Clients {
  const closing = new Set<AbortController>()
  let closed = false
  const send = options.fetch ?? fetch
  const bounded: typeof fetch = async (input, init) => {
    const controller = new AbortController()
    if (closed) controller.abort(new Error('closed'))
    init?.signal?.addEventListener('abort', () => controller.abort(init.signal?.reason), { once: true })
    closing.add(controller)
    try {
      return withRetryAfter(await send(input, { ...init, signal: controller.signal }))
    } finally {
      closing.delete(controller)
    }
  }
  const client = (retryConfig: NonNullable<WebClientOptions['retryConfig']>): webApi.WebClient =>
    new webApi.WebClient(options.token, {
      ...(options.apiUrl === null ? {} : { slackApiUrl: options.apiUrl }),
      fetch: bounded,
      timeout: options.timeoutMs,
      retryConfig,
      // Otherwise one limited method pauses all others in the client's queue.
      rejectRateLimitedCalls: true,
      logger: slackLogger(log),
    })
  return {
    messages: client({ retries: 0 }),
    lookups: client({ retries: 1, minTimeout: 200, maxTimeout: 200 }),
    close() {
      closed = true
      for (const controller of closing) controller.abort(new Error('closed'))
    },
  }
}

/** A 429 without a usable Retry-After is an untyped error in the client: give it half a minute. */
function withRetryAfter(response: Response): Response {
  if (response.status !== 429 || /^\d{1,6}$/.test(response.headers.get('retry-after') ?? '')) return response
  const headers = new Headers(response.headers)
  headers.set('retry-after', '30')
  return new Response(null, { status: 429, headers })
}
