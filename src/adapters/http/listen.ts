import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../../ports/clock.ts'
import { limitConnections, type ConnectionLimits } from './connections.ts'

export interface ListenOptions {
  /** 0 takes a free port. */
  readonly port: number
  readonly host: string
  /** The purpose, for an error: `Slack`. */
  readonly purpose: string
  /** The block of the configuration that has `port` and `host`, for an error: `slack`. */
  readonly block: string
  /** Time for the headers of a request, counted from the connection, in milliseconds. 5 s unless given. */
  readonly headersMs?: number
  /** Time for a whole request, in milliseconds. 10 s unless given. */
  readonly requestMs?: number
  readonly connections?: ConnectionLimits
}

export interface Listener {
  readonly port: number
  /** Resolves when nothing listens any more; requests in progress get two seconds. */
  stop(): Promise<void>
}

const stopMs = 2000
/** A client needs one connection for less than a second. A proxy in front keeps some dozens open. */
const usualConnections: ConnectionLimits = { total: 1000, perAddress: 200 }

/** A server whose connections have time limits and a number limit. Rejects when the port cannot be had. */
export async function listen(
  options: ListenOptions,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  clock: Clock,
): Promise<Listener> {
  const requestTimeout = options.requestMs ?? 10_000
  const headersTimeout = Math.min(options.headersMs ?? 5000, requestTimeout)
  // Node looks for late connections this often, 30 s unless told.
  const connectionsCheckingInterval = Math.min(1000, headersTimeout)
  const server = createServer(
    { requestTimeout, headersTimeout, connectionsCheckingInterval, keepAliveTimeout: 5000 },
    handle,
  )
  limitConnections(server, options.connections ?? usualConnections)
  server.on('clientError', refuseUnread)
  await listening(server, options)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return { port, stop: () => stop(server, clock) }
}

/** A request that came too late, or that is not HTTP. */
function refuseUnread(error: Error & { readonly code?: string }, socket: Socket): void {
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
  if (socket.writable && late) socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')
  socket.destroySoon()
}

function listening(server: Server, { host, port, purpose, block }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const taken = 'code' in error && error.code === 'EADDRINUSE'
      const next = taken ? `choose another ${block}.port` : `look at ${block}.host and ${block}.port`
      reject(new Error(`cannot listen for ${purpose} on ${host}:${port}: ${error.message}; ${next}`, { cause: error }))
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
