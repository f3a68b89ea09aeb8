import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { HTTPReceiver } from '@slack/bolt'
import type { App } from '@slack/bolt'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import { slackLogger } from './logger.ts'

export interface HttpOptions {
  readonly signingSecret: string
  /** 0 takes a free one. */
  readonly port: number
  /** Address to listen on; Slack must reach it, through TLS that something else ends. */
  readonly host: string
}

export interface HttpEndpoint {
  readonly port: number
  /** Resolves when nothing listens any more; requests under way get two seconds. */
  stop(): Promise<void>
}

/** Bolt refuses signatures that are five minutes old, but takes any from the future: a kept one could be replayed later. */
const FUTURE_S = 300
const STOP_MS = 2_000

/** `POST /slack/events` for commands, events and clicks; `GET /healthz` for whoever watches the process. */
export async function listenHttp(app: App, options: HttpOptions, clock: Clock, log: Log): Promise<HttpEndpoint> {
  const receiver = new HTTPReceiver({
    signingSecret: options.signingSecret,
    endpoints: ['/slack/events'],
    logger: slackLogger(log),
    processEventErrorHandler: async ({ error, response }) => {
      log.warn({ err: error }, 'a Slack request was not processed')
      if (!response.headersSent) response.writeHead(500).end()
      return true
    },
  })
  receiver.init(app)

  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0]
    if (path === '/healthz' && request.method === 'GET') {
      answer(response, 200, 'ok\n')
    } else if (path !== '/slack/events' || request.method !== 'POST') {
      answer(response, 404, 'not here\n')
    } else if (isFromTheFuture(request, clock)) {
      log.warn({}, 'a Slack request from the future was refused; is the clock right?')
      answer(response, 401, 'timestamp\n')
    } else {
      receiver.requestListener(request, response)
    }
  })
  server.requestTimeout = 10_000
  server.headersTimeout = 10_000
  server.on('clientError', (_error, socket) => socket.destroy())
  await listening(server, options)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    stop: () => stop(server, clock),
  }
}

function isFromTheFuture(request: IncomingMessage, clock: Clock): boolean {
  const sent = Number(request.headers['x-slack-request-timestamp'])
  return sent > clock.now() / 1000 + FUTURE_S
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(body)
}

function listening(server: Server, options: HttpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const where = `${options.host}:${options.port}`
      const taken = 'code' in error && error.code === 'EADDRINUSE'
      const next = taken ? 'choose another slack.port' : 'look at slack.host and slack.port'
      reject(new Error(`cannot listen for Slack on ${where}: ${error.message}; ${next}`, { cause: error }))
    })
    server.listen(options.port, options.host, resolve)
  })
}

async function stop(server: Server, clock: Clock): Promise<void> {
  const done = new AbortController()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  await Promise.race([closed, clock.sleep(STOP_MS, done.signal)])
  done.abort()
  server.closeAllConnections()
  await closed
}
