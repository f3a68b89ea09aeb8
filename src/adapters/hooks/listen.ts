import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { BuildHandlers } from '../../ports/builds.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import { answerHook } from './answer.ts'

export interface HookOptions {
  readonly secret: string
  /** 0 takes a free one. */
  readonly port: number
  /** Address to listen on; the senders must reach it, through TLS that something else ends. */
  readonly host: string
  /** How long a request may take to arrive as a whole, in milliseconds. Default 10 s. */
  readonly requestMs?: number
}

export interface HookListener {
  readonly port: number
  /** Resolves when nothing listens any more; requests under way get two seconds. */
  stop(): Promise<void>
}

/** Connections at once. A sender needs one, for less than a second. */
const mostConnections = 200
const stopMs = 2000

/** `POST /hooks/<sender>` for builds; `GET /healthz` for whoever watches the process. Rejects when the port cannot be had. */
export async function listenForHooks(
  options: HookOptions,
  handlers: BuildHandlers,
  clock: Clock,
  log: Log,
): Promise<HookListener> {
  const requestMs = options.requestMs ?? 10_000
  const server = createServer(
    { requestTimeout: requestMs, headersTimeout: requestMs, connectionsCheckingInterval: Math.min(1000, requestMs) },
    (request, response) => {
      void answerHook(request, response, { secret: options.secret, handlers, clock, log })
    },
  )
  server.maxConnections = mostConnections
  server.keepAliveTimeout = 5000
  server.on('clientError', (error: Error & { readonly code?: string }, socket: Socket) => {
    const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
    if (socket.writable && late) socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')
    socket.destroySoon()
  })
  await listening(server, options)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  log.info({ host: options.host, port }, 'listening for builds')
  return { port, stop: () => stop(server, clock) }
}

function listening(server: Server, { host, port }: HookOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const taken = 'code' in error && error.code === 'EADDRINUSE'
      const next = taken ? 'choose another hooks.port' : 'look at hooks.host and hooks.port'
      reject(new Error(`cannot listen for builds on ${host}:${port}: ${error.message}; ${next}`, { cause: error }))
    })
    server.listen(port, host, resolve)
  })
}

async function stop(server: Server, clock: Clock): Promise<void> {
  const done = new AbortController()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  await Promise.race([closed, clock.sleep(stopMs, done.signal)])
  done.abort()
  server.closeAllConnections()
  await closed
}
