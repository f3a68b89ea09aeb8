import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'

/** What becomes of one request to a registry. */
type RegistryFate =
  | 'well'
  /** No answer at all, nothing applied. */
  | 'silence'
  /** HTTP 503, nothing applied. */
  | 'broken'
  /** Applied, and the answer is lost. */
  | 'lost-answer'

export interface RegistryProxy {
  /** `http://127.0.0.1:<port>`, in place of the registry's. */
  readonly url: string
  /** Which requests met which fate so far: `PUT well`, in order. */
  readonly fates: readonly string[]
  /** Decides about each request from now on. */
  decide(fate: (method: string) => RegistryFate): void
  close(): Promise<void>
}

/** Stands between the bot and a registry. Test equipment. */
export async function startRegistryProxy(target: string): Promise<RegistryProxy> {
  const fates: string[] = []
  let decide: (method: string) => RegistryFate = () => 'well'
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy())
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(z.instanceof(Buffer).parse(chunk))
    const fate = decide(method)
    fates.push(`${method} ${fate}`)
    if (fate === 'silence') return
    if (fate === 'broken') {
      response.writeHead(503).end()
      return
    }
    const headers = new Headers()
    for (const name of ['accept', 'content-type']) {
      const value = request.headers[name]
      if (typeof value === 'string') headers.set(name, value)
    }
    const body = chunks.length === 0 ? null : Buffer.concat(chunks)
    const answer = await fetch(new URL(url, target), { method, headers, body })
    const content = Buffer.from(await answer.arrayBuffer())
    if (fate === 'lost-answer') {
      request.socket.destroy()
      return
    }
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.end(content)
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy of the registry has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
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
