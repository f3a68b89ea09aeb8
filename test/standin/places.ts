import { createServer, type Server } from 'node:net'

/** What the recording calls by fixed addresses, found or opened on this machine. */
export interface Places {
  /** A port of 127.0.0.1 where nobody listens. */
  readonly closedPort: number
  readonly testServer: TestServer
}

/** A server that answers every request alike, or accepts and stays silent. */
class TestServer {
  readonly #server: Server
  #answer: string | null = null
  port = 0

  constructor() {
    this.#server = createServer((socket) => {
      socket.on('error', () => undefined)
      const answer = this.#answer
      if (answer === null) return
      socket.once('data', () => socket.end(answer))
    })
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    this.port = portOf(this.#server)
  }

  answerWith(status: number, body: string): void {
    const length = Buffer.byteLength(body)
    this.#answer = `HTTP/1.1 ${status} Whatever\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`
  }

  close(): void {
    this.#server.close()
  }
}

export async function openPlaces(): Promise<Places> {
  const closed = createServer()
  await new Promise<void>((resolve) => {
    closed.listen(0, '127.0.0.1', resolve)
  })
  const closedPort = portOf(closed)
  await new Promise((resolve) => {
    closed.close(resolve)
  })
  const testServer = new TestServer()
  await testServer.open()
  return { closedPort, testServer }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server is not listening')
  return address.port
}
