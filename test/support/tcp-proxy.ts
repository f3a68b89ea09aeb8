import { connect, createServer, type Socket } from 'node:net'

export interface TcpProxy {
  /** `http://127.0.0.1:<port>`, to be used in place of the server's. */
  readonly endpoint: string
  /** Requests pass, replies do not: the server does what it is asked, and nobody hears of it. */
  holdReplies(): void
  /** Nothing passes, and connections stay open: a partition. */
  freeze(): void
  /** Everything passes again, what was kept back first, and at once. */
  pass(): void
  /** Whatever comes from now on arrives so many milliseconds later, in both directions. */
  delay(ms: number): void
  /** Breaks all connections, with what was kept back in them. */
  cut(): void
  /** Breaks each connection, also later ones, after so many bytes of reply; Infinity ends it. */
  cutAfter(bytes: number): void
  /** How many connections were broken or ended so far. */
  readonly ended: number
  close(): Promise<void>
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
  replied: number
}

/** A TCP proxy on a free loopback port that breaks things on request. Test equipment. */
export async function startProxy(targetEndpoint: string): Promise<TcpProxy> {
  const target = new URL(targetEndpoint)
  const pairs = new Set<Pair>()
  let mode: 'pass' | 'hold-replies' | 'freeze' = 'pass'
  let longest = Infinity
  let ended = 0
  let delayMs = 0

  const forward = (chunk: Buffer, to: Socket) => {
    if (delayMs === 0) to.write(chunk)
    else setTimeout(() => to.writable && to.write(chunk), delayMs)
  }
  const apply = ({ client, server }: Pair) => {
    if (mode === 'freeze') client.pause()
    else client.resume()
    if (mode === 'pass') server.resume()
    else server.pause()
  }
  const end = (pair: Pair) => {
    if (!pairs.delete(pair)) return
    ended += 1
    pair.client.destroy()
    pair.server.destroy()
  }
  const listener = createServer((client) => {
    const server = connect(Number(target.port), target.hostname)
    const pair: Pair = { client, server, replied: 0 }
    pairs.add(pair)
    client.on('data', (chunk) => forward(chunk, server))
    server.on('data', (chunk) => {
      pair.replied += chunk.length
      if (pair.replied > longest) end(pair)
      else forward(chunk, client)
    })
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on('close', () => end(pair))
      socket.on('error', () => end(pair))
    }
    apply(pair)
  })
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, '127.0.0.1', resolve)
  })
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')

  const change = (to: typeof mode) => {
    mode = to
    for (const pair of pairs) apply(pair)
  }
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    holdReplies: () => change('hold-replies'),
    freeze: () => change('freeze'),
    pass() {
      // What is still delayed would be overtaken by what comes now: such a connection is broken instead.
      if (delayMs > 0) for (const pair of pairs) end(pair)
      delayMs = 0
      change('pass')
    },
    delay(ms) {
      delayMs = ms
    },
    cut() {
      for (const pair of pairs) end(pair)
    },
    cutAfter(bytes) {
      longest = bytes
    },
    get ended() {
      return ended
    },
    async close() {
      for (const pair of pairs) end(pair)
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
