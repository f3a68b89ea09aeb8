import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

export const secret = 'a-secret-of-twenty-four'

interface Heard {
  readonly id: string
  readonly event: string
  readonly body: Readonly<Record<string, unknown>>
  /** What came with it was made with the secret, just now. */
  readonly signed: boolean
}

/** Somebody outside: a real HTTP server that may misbehave, die and come back at the same address. */
export class Receiver {
  readonly heard: Heard[] = []
  /** All requests, those that were not taken too. */
  asked = 0
  /** What it does instead of saying 204; null for that. */
  instead: ((response: ServerResponse) => void) | null = null
  /** It takes so many more, and then hangs. */
  takes = Infinity
  #server: Server | null = null
  #port = 0

  get url(): string {
    return `http://127.0.0.1:${this.#port}/opsee?token=in-the-address`
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response))
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    const address = server.address()
    this.#port = typeof address === 'object' && address !== null ? address.port : 0
  }

  async die(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked += 1
    let text = ''
    for await (const chunk of request) text += String(chunk)
    if (this.instead !== null) return this.instead(response)
    this.takes -= 1
    if (this.takes < 0) return
    const timestamp = String(request.headers['x-opsee-timestamp'])
    const hmac = createHmac('sha256', secret).update(`${timestamp}.${text}`).digest('hex')
    this.heard.push({
      id: String(request.headers['x-opsee-id']),
      event: String(request.headers['x-opsee-event']),
      body: JSON.parse(text),
      signed:
        request.headers['x-opsee-signature'] === `sha256=${hmac}` &&
        Math.abs(Number(timestamp) - Date.now() / 1000) < 60,
    })
    response.writeHead(204).end()
  }
}
