import { SocketModeReceiver } from '@slack/bolt'
import type { App } from '@slack/bolt'
import * as webApi from '@slack/web-api'
import type { Dispatcher } from 'undici'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import { BAD_TOKEN } from './app-token.ts'
import { slackLogger } from './logger.ts'

export interface LinkOptions {
  /** `xapp-…`. */
  readonly appToken: string
  readonly apiUrl: string | null
  readonly timeoutMs: number
  /** Connections through a proxy; null for direct ones. */
  readonly dispatcher?: Dispatcher | null
}

/** One Socket Mode connection that is made again whenever it ends. */
export interface Link {
  /** Resolves with the first connection, a refusal of the app token, or the stop. Later losses are its own business. */
  readonly first: Promise<LinkStart>
  isUp(): boolean
  /** Closes the socket and resolves when it is closed, or is given up after two seconds. */
  stop(): Promise<void>
}

type LinkStart =
  { readonly kind: 'up' } | { readonly kind: 'refused'; readonly code: string } | { readonly kind: 'stopped' }

/** Waits between tries grow to five seconds, so that a long outage is over at most that much later. */
const WAITS_MS = [100, 250, 500, 1_000, 2_000, 5_000] as const
const REFUSED_WAIT_MS = 60_000
/** A connection that ended sooner counts as a failed try, or a server that hangs up would be called in a tight loop. */
const STEADY_MS = 5_000
/** Behind the call that asks for the socket's address, which has its own limit. */
const HELLO_MS = 10_000
const CLOSE_MS = 1_000

/**
 * Reconnecting is done here, not by the client: on a `disconnect` frame it stays away for five seconds, and when its
 * own retries end (or the token is revoked while it is away) it rejects into nothing, which ends the process
 * (@slack/socket-mode 3.1.0).
 */
export function createLink(app: App, options: LinkOptions, clock: Clock, log: Log): Link {
  const receiver = new SocketModeReceiver({
    appToken: options.appToken,
    ...(options.dispatcher ? { dispatcher: options.dispatcher } : {}),
    autoReconnectEnabled: false,
    logger: slackLogger(log),
    // Options of its own: the library writes into this object, and a shared one would hand the bot token to the socket.
    installerOptions: {
      clientOptions: {
        ...(options.apiUrl === null ? {} : { slackApiUrl: options.apiUrl }),
        timeout: options.timeoutMs,
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
      },
    },
    // Answering after a failure can fail as well, and nobody would catch that.
    processEventErrorHandler: async ({ error }) => {
      log.warn({ err: error }, 'a Slack envelope was not processed; Slack delivers it again')
      return false
    },
  })
  receiver.init(app)
  const { client } = receiver
  const stopping = new AbortController()
  let up = false
  let ended = new AbortController()

  // The client's own handler is async and throws on what is no envelope; as a listener it would reject into nothing.
  const handlers = client.listeners('ws_message')
  client.removeAllListeners('ws_message')
  client.on('ws_message', (data: unknown, isBinary: unknown) => {
    for (const handle of handlers) void contained(() => handle(data, isBinary), log)
    if (typeof data === 'string' && isDisconnect(data)) void closeFor(ended.signal)
  })
  client.on('disconnected', () => {
    up = false
    ended.abort()
  })

  /** The peer should finish the closing handshake at once; the library would wait 30 seconds for it. */
  const closeFor = async (signal: AbortSignal): Promise<void> => {
    await clock.sleep(CLOSE_MS, signal)
    if (!signal.aborted) await within(client.disconnect(), CLOSE_MS, clock)
  }

  const connect = async (): Promise<Ended> => {
    ended = new AbortController()
    const { signal } = ended
    try {
      const limit = options.timeoutMs + HELLO_MS
      if ((await within(receiver.start(), limit, clock)) === 'late') throw new Error(`no hello within ${limit} ms`)
      if (stopping.signal.aborted) throw new Error('stopped')
    } catch (error) {
      await within(client.disconnect(), CLOSE_MS, clock)
      return failed(error)
    }
    up = true
    resolveFirst({ kind: 'up' })
    const since = clock.monotonic()
    log.info({}, 'connected to Slack in Socket Mode')
    await aborted(signal)
    return { kind: 'ended', steady: clock.monotonic() - since >= STEADY_MS }
  }

  let resolveFirst: (start: LinkStart) => void = () => undefined
  const first = new Promise<LinkStart>((resolve) => (resolveFirst = resolve))

  const run = async (): Promise<void> => {
    let failures = 0
    while (!stopping.signal.aborted) {
      const outcome = await connect()
      if (stopping.signal.aborted) return
      if (outcome.kind === 'ended') {
        failures = outcome.steady ? 0 : failures + 1
        log.debug({}, 'the Socket Mode connection ended; connecting again')
        if (outcome.steady) continue
      } else {
        failures++
        if (outcome.kind === 'refused') resolveFirst({ kind: 'refused', code: outcome.code })
        log.warn({ try: failures }, `not connected to Slack: ${outcome.reason}`)
      }
      const wait = WAITS_MS[Math.min(failures, WAITS_MS.length) - 1] ?? 0
      await clock.sleep(outcome.kind === 'ended' ? wait : Math.max(wait, outcome.atLeastMs), stopping.signal)
    }
  }
  const running = run()

  return {
    first,
    isUp: () => up,
    async stop() {
      stopping.abort()
      resolveFirst({ kind: 'stopped' })
      // The second call breaks the connection off when the peer did not answer the first.
      if ((await within(client.disconnect(), CLOSE_MS, clock)) === 'late') {
        await within(client.disconnect(), CLOSE_MS, clock)
      }
      ended.abort()
      await within(running, CLOSE_MS, clock)
    },
  }
}

type Ended =
  | { readonly kind: 'ended'; readonly steady: boolean }
  | { readonly kind: 'failed'; readonly reason: string; readonly atLeastMs: number }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string; readonly atLeastMs: number }

function failed(error: unknown): Ended {
  if (error instanceof webApi.WebAPIPlatformError && BAD_TOKEN.has(error.data.error)) {
    const code = error.data.error
    return { kind: 'refused', code, reason: `Slack answered ${code} to SLACK_APP_TOKEN`, atLeastMs: REFUSED_WAIT_MS }
  }
  if (error instanceof webApi.WebAPIRateLimitedError) {
    return { kind: 'failed', reason: 'too many connections asked for', atLeastMs: error.retryAfter * 1000 }
  }
  return { kind: 'failed', reason: error instanceof Error ? error.message : 'the connection closed', atLeastMs: 0 }
}

function isDisconnect(data: string): boolean {
  return data.includes('"disconnect"') && /"type"\s*:\s*"disconnect"/.test(data)
}

async function contained(run: () => unknown, log: Log): Promise<void> {
  try {
    await run()
  } catch (error) {
    log.warn({ err: error }, 'a message on the Slack socket could not be read')
  }
}

/** The promise's end, or `late`. What it does later is not heard of. */
async function within<T>(promise: Promise<T>, ms: number, clock: Clock): Promise<T | 'late'> {
  const done = new AbortController()
  try {
    return await Promise.race([promise, clock.sleep(ms, done.signal).then(() => 'late' as const)])
  } finally {
    done.abort()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
