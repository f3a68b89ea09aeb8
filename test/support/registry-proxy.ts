import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

/** What becomes of one request to a registry. */
export type RegistryFate =
  | 'well'
  /** No answer at all, nothing applied. */
  | 'silence'
  /** The connection is reset before anything was applied. */
  | 'reset'
  /** HTTP 503, nothing applied. */
  | 'broken'
  /** HTTP 429 with Retry-After 1, nothing applied. */
  | 'too-fast'
  /** HTTP 403, nothing applied. */
  | 'refused'
  /** Applied, and the answer is lost. */
  | 'lost-answer'

/** One request, and what the registry made of it. Times are milliseconds since the epoch. */
interface RegistryAsked {
  readonly at: number
  readonly method: string
  /** `/v2/opsee/api/manifests/production`. */
  readonly path: string
  readonly fate: RegistryFate
  /** When the registry had answered; null when it was not asked, or did not answer. */
  readonly doneAt: number | null
  /** Its answer; null as above. */
  readonly status: number | null
  /** The digest of the manifest that it named or took. */
  readonly digest: string | null
}

export interface RegistryProxy {
  /** `http://127.0.0.1:<port>`, in place of the registry's. */
  readonly url: string
  /** Which requests met which fate so far: `PUT well`, in order. */
  readonly fates: readonly string[]
  /** The same with what came of them, in the order in which they ended. */
  readonly asked: readonly RegistryAsked[]
  /** Decides about each request from now on. */
  decide(fate: (method: string) => RegistryFate): void
  /** Holds each request back for so long from now on, in ms. */
  delay(ms: number): void
  close(): Promise<void>
}

const answers = { broken: 503, 'too-fast': 429, refused: 403 } as const

/** Stands between those who ask a registry and it. Test equipment. */
export async function startRegistryProxy(target: string): Promise<RegistryProxy> {
  const fates: string[] = []
  const asked: RegistryAsked[] = []
  let decide: (method: string) => RegistryFate = () => 'well'
  let delayMs = 0
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy())
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request
    const at = Date.now()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(z.instanceof(Buffer).parse(chunk))
    const fate = decide(method)
    fates.push(`${method} ${fate}`)
    const note = (doneAt: number | null, status: number | null, digest: string | null): void =>
      void asked.push({ at, method, path: url, fate, doneAt, status, digest })
    if (delayMs > 0) await sleep(delayMs, undefined, { ref: false })
    if (fate !== 'well' && fate !== 'lost-answer') {
      note(null, null, null)
      if (fate === 'silence') return
      if (fate === 'reset') request.socket.resetAndDestroy()
      else response.writeHead(answers[fate], fate === 'too-fast' ? { 'retry-after': '1' } : {}).end()
      return
    }
    const headers = new Headers()
    for (const name of ['accept', 'content-type']) {
      const value = request.headers[name]
      if (typeof value === 'string') headers.set(name, value)
    }
    const body = chunks.length === 0 ? null : Buffer.concat(chunks)
    const digest = body === null ? null : `sha256:${createHash('sha256').update(body).digest('hex')}`
    const answer = await fetch(new URL(url, target), { method, headers, body }).catch((error: unknown) => {
      // Whether a push was done is not known then.
      note(null, null, digest)
      throw error
    })
    note(Date.now(), answer.status, answer.headers.get('docker-content-digest') ?? digest)
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
    asked,
    decide: (next) => {
      decide = next
    },
    delay: (ms) => {
      delayMs = ms
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
