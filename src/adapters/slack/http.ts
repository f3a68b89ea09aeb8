import { verifySlackRequest, type App } from '@slack/bolt'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import { readBody } from '../http/body.ts'
import { listen, type Listener } from '../http/listen.ts'
import { readPayload } from './http-payload.ts'

export interface HttpOptions {
  readonly signingSecret: string
  /** 0 takes a free one. */
  readonly port: number
  /** Address to listen on; Slack must reach it, through TLS that something else ends. */
  readonly host: string
}

export type HttpEndpoint = Listener

/** Bolt refuses signatures that are five minutes old, but takes any from the future: a kept one could be replayed later. */
const futureS = 300
/** Bytes of a body that are read. A click carries the whole message that it was made on. */
const mostBytes = 1024 * 1024

/** `POST /slack/events` for commands, events and clicks; `GET /healthz` for whoever watches the process. */
export function listenHttp(app: App, options: HttpOptions, clock: Clock, log: Log): Promise<HttpEndpoint> {
  const { signingSecret, port, host } = options
  return listen(
    { port, host, purpose: 'Slack', block: 'slack' },
    (request, response) => {
      const path = request.url?.split('?', 1)[0]
      if (path === '/healthz' && request.method === 'GET') return answer(response, 200, 'ok\n')
      if (path !== '/slack/events' || request.method !== 'POST') return answer(response, 404, 'not here\n')
      void receive(app, request, response, { signingSecret, clock, log })
    },
    clock,
  )
}

interface ReceiveDeps {
  readonly signingSecret: string
  readonly clock: Clock
  readonly log: Log
}

/** Answers one request of Slack. Never rejects. */
async function receive(app: App, request: IncomingMessage, response: ServerResponse, deps: ReceiveDeps): Promise<void> {
  const { log } = deps
  const refuse = (status: 400 | 401 | 413, why: string): void => {
    log.warn({ status, why }, 'a Slack request was refused')
    if (response.headersSent) return
    // The rest of a body that was not read makes the connection useless.
    if (!request.complete) response.setHeader('connection', 'close')
    answer(response, status, `${why}\n`)
  }
  const read = await readBody(request, mostBytes)
  if (read.kind === 'too-long') return refuse(413, `a body has at most ${mostBytes / 1024} KB`)
  if (read.kind === 'broken') return
  const body = read.bytes.toString('utf8')
  const type = request.headers['content-type'] ?? ''
  // Slack checks the certificate of a new address without a signature.
  if (/(?:^|&)ssl_check=1(?:&|$)/.test(body) && type.startsWith('application/x-www-form-urlencoded'))
    return answer(response, 200, '')
  const forged = whyNotSigned(request, body, deps)
  if (forged !== null) return refuse(401, forged)
  const payload = readPayload(body, type)
  if (payload.kind === 'malformed') return refuse(400, `this is not what Slack sends: ${payload.why}`)
  if (payload.kind === 'challenge') return json(response, { challenge: payload.challenge })
  try {
    const ack = async (said?: unknown): Promise<void> => {
      if (response.headersSent) return
      if (said === undefined || typeof said === 'string') answer(response, 200, said ?? '')
      else json(response, said)
    }
    await app.processEvent({ body: payload.body, ack, ...retryOf(request) })
    if (!response.headersSent) refuse(400, 'this kind of payload is not known')
  } catch (error) {
    // Our listeners let nothing through: Bolt could not read the payload.
    log.warn({ err: error }, 'a Slack payload could not be read')
    refuse(400, 'this is not what Slack sends')
  }
}

/** Null for a request that carries Slack's signature of now. The reason holds nothing that helps to forge one. */
function whyNotSigned(
  { headers }: IncomingMessage,
  body: string,
  { signingSecret, clock }: ReceiveDeps,
): string | null {
  const signature = headers['x-slack-signature']
  const timestamp = headers['x-slack-request-timestamp']
  if (typeof signature !== 'string' || typeof timestamp !== 'string') return 'the signature or its timestamp is missing'
  const sent = Number(timestamp)
  const nowMilliseconds = clock.now()
  if (sent > nowMilliseconds / 1000 + futureS) return 'the timestamp is in the future; is the clock right?'
  try {
    const signed = { 'x-slack-signature': signature, 'x-slack-request-timestamp': sent }
    verifySlackRequest({ signingSecret, body, headers: signed, nowMilliseconds })
    return null
  } catch {
    return 'the signature is wrong, or older than five minutes'
  }
}

function retryOf({ headers }: IncomingMessage): { readonly retryNum?: number; readonly retryReason?: string } {
  const number = Number(headers['x-slack-retry-num'])
  const reason = headers['x-slack-retry-reason']
  return {
    ...(Number.isInteger(number) ? { retryNum: number } : {}),
    ...(typeof reason === 'string' ? { retryReason: reason } : {}),
  }
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body)
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
