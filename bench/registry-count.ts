import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'

/** Stands between a bot and its registry and counts. */
export interface RegistryCount {
  /** `http://127.0.0.1:…`. */
  readonly url: string
  /** Requests so far. */
  readonly requests: () => number
  stop(): Promise<void>
}

export async function countRegistry(target: string): Promise<RegistryCount> {
  let requests = 0
  const server = createServer((asked, answer) => {
    requests += 1
    forward(target, asked, answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a listening server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: () => requests,
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function forward(target: string, asked: IncomingMessage, answer: ServerResponse): void {
  const { method, url, headers } = asked
  const onward = request(new URL(url ?? '/', target), { method, headers }, (got) => {
    answer.writeHead(got.statusCode ?? 502, got.headers)
    got.pipe(answer)
  })
  onward.once('error', () => asked.socket.destroy())
  asked.pipe(onward)
}
