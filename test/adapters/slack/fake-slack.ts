import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { acceptWebSocket, type ServerSocket } from './web-socket.ts'

interface Call {
  readonly method: string
  readonly authorization: string
  readonly arguments: URLSearchParams
}

/** Slack as a server that does what a test tells it: what local-slack never does, on real sockets. */
export interface FakeSlack {
  readonly apiUrl: string
  readonly calls: Call[]
  /** Every socket ever opened, oldest first. */
  readonly sockets: ServerSocket[]
  /** The envelope ids that were acknowledged, with what was answered. */
  readonly acks: { readonly id: string; readonly payload: unknown }[]
  open(): ServerSocket[]
  /** Answers `method` with this from now on; null answers with HTTP 500. */
  answer(method: string, body: object | null): void
  /** Silences the greeting of sockets opened from now on. */
  greet(on: boolean): void
  /** Nothing listens and every socket is broken, until `up`. */
  down(): Promise<void>
  up(): Promise<void>
  stop(): Promise<void>
}

export const BOT = { userId: 'U0BOT', botId: 'B0BOT', token: 'xoxb-fake', appToken: 'xapp-fake' } as const

export async function startFakeSlack(): Promise<FakeSlack> {
  const calls: Call[] = []
  const sockets: ServerSocket[] = []
  const acks: { id: string; payload: unknown }[] = []
  let greeting = true
  let port = 0
  let server: Server
  const answers = new Map<string, object | null>([
    ['auth.test', { ok: true, user_id: BOT.userId, bot_id: BOT.botId, team: 'Fake' }],
  ])

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const method = (request.url ?? '').replace('/api/', '')
    calls.push({
      method,
      authorization: request.headers.authorization ?? '',
      arguments: new URLSearchParams(body),
    })
    const socketUrl = { ok: true, url: `ws://127.0.0.1:${port}/socket` }
    const answer = answers.has(method)
      ? answers.get(method)
      : method === 'apps.connections.open'
        ? socketUrl
        : { ok: true }
    response.writeHead(answer === null ? 500 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  }
  const listen = async (): Promise<void> => {
    server = createServer((request, response) => void handle(request, response))
    server.on('upgrade', (request, socket) => {
      const one = acceptWebSocket(request, socket, (text) => {
        const ack: { envelope_id: string; payload: unknown } = JSON.parse(text)
        acks.push({ id: ack.envelope_id, payload: ack.payload })
      })
      sockets.push(one)
      if (greeting) one.send(JSON.stringify({ type: 'hello', num_connections: 1 }))
    })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  }
  const down = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  await listen()

  return {
    apiUrl: `http://127.0.0.1:${port}/api/`,
    calls,
    sockets,
    acks,
    open: () => sockets.filter((socket) => socket.isOpen()),
    answer: (method, body) => void answers.set(method, body),
    greet: (on) => {
      greeting = on
    },
    down,
    up: listen,
    stop: down,
  }
}

let count = 0

export function slashEnvelope(text: string, over: object = {}): string {
  count += 1
  return JSON.stringify({
    type: 'slash_commands',
    envelope_id: `envelope-${count}`,
    accepts_response_payload: true,
    payload: {
      command: '/opsee',
      text,
      user_id: 'U1',
      user_name: 'alice',
      channel_id: 'C1',
      team_id: 'T1',
      trigger_id: `trigger-${count}`,
      ...over,
    },
  })
}

export function mentionEnvelope(
  text: string,
  over: { readonly event?: object; readonly envelope?: object } = {},
): string {
  count += 1
  return JSON.stringify({
    type: 'events_api',
    envelope_id: `envelope-${count}`,
    ...over.envelope,
    payload: {
      type: 'event_callback',
      team_id: 'T1',
      event_id: `Ev${count}`,
      event: { type: 'app_mention', user: 'U1', text, ts: `1.${count}`, channel: 'C1', ...over.event },
    },
  })
}

export function directEnvelope(text: string, event: object = {}): string {
  count += 1
  return JSON.stringify({
    type: 'events_api',
    envelope_id: `envelope-${count}`,
    payload: {
      type: 'event_callback',
      team_id: 'T1',
      event_id: `Ev${count}`,
      event: { type: 'message', user: 'U1', text, ts: `1.${count}`, channel: 'D1', channel_type: 'im', ...event },
    },
  })
}
