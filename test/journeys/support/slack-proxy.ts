import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'

/** What becomes of one call of the Web API. */
export type Fate =
  | 'well'
  /** HTTP 429 with Retry-After 1, nothing applied. */
  | 'too-fast'
  /** HTTP 500, nothing applied. */
  | 'broken'
  /** The connection is reset before anything was applied. */
  | 'reset'
  /** No answer at all, nothing applied. */
  | 'silence'
  /** Applied, and the answer is lost. */
  | 'lost-answer'
  /** Applied, and answered with HTTP 500. */
  | 'broken-answer'

export interface SlackProxy {
  /** Base of the Web API for the bot. */
  readonly apiUrl: string
  /** Which calls met which fate so far: `chat.postMessage lost-answer`, in order. */
  readonly fates: readonly string[]
  /** Decides about each call from now on; `body` is the request's. */
  decide(fate: (method: string, body: string) => Fate): void
  close(): Promise<void>
}

/**
 * Stands between the bot and a Slack's Web API. Socket Mode goes past it, unless `rewrite` changes the answer that says
 * where its socket is.
 */
export async function startSlackProxy(
  target: string,
  rewrite: (method: string, body: string, request: string) => string = (_, body) => body,
): Promise<SlackProxy> {
  const fates: string[] = []
  let decide: (method: string, body: string) => Fate = () => 'well'
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy())
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(z.instanceof(Buffer).parse(chunk))
    const method = (request.url ?? '').replace(/^\/api\//, '').replace(/\?.*$/, '')
    const sent = Buffer.concat(chunks)
    const fate = decide(method, sent.toString())
    fates.push(`${method} ${fate}`)
    const forward = async (): Promise<{ readonly status: number; readonly body: string }> => {
      const headers = new Headers()
      for (const name of ['content-type', 'authorization']) {
        const value = request.headers[name]
        if (typeof value === 'string') headers.set(name, value)
      }
      const body = request.method === 'GET' ? null : sent
      const answer = await fetch(new URL(request.url ?? '', target), {
        method: request.method ?? 'POST',
        headers,
        body,
      })
      return { status: answer.status, body: rewrite(method, await answer.text(), sent.toString()) }
    }
    const end = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(body)
    }
    switch (fate) {
      case 'well': {
        const { status, body } = await forward()
        return end(status, body)
      }
      case 'too-fast':
        return end(429, '{"ok":false,"error":"ratelimited"}', { 'retry-after': '1' })
      case 'broken':
        return end(500, 'out of order')
      case 'reset':
        request.socket.resetAndDestroy()
        return
      case 'silence':
        return
      case 'lost-answer':
        await forward()
        request.socket.resetAndDestroy()
        return
      case 'broken-answer':
        await forward()
        return end(500, 'out of order')
    }
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = z.object({ port: z.int() }).parse(server.address())
  return {
    apiUrl: `http://127.0.0.1:${address.port}/api/`,
    fates,
    decide: (next) => {
      decide = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
