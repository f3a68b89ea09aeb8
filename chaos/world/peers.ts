import { connect, createServer, type Server, type Socket } from 'node:net'

/** The ways between the members of one etcd, which are numbered from 0. */
export interface PeerNet {
  /** Stands in front of these ports; returns those under which the others are to find them. */
  before(ports: readonly number[]): Promise<readonly number[]>
  /** Says which member an id is, as etcd's own messages name their sender (hexadecimal). */
  name(ids: readonly string[]): void
  /** Nothing passes between these two any more, in either direction; connections stay open. */
  part(one: number, other: number): void
  /** Everything passes again, what was kept back first. */
  heal(): void
  close(): Promise<void>
}

interface Way {
  readonly to: number
  /** Who opened it, by the header that each request between members carries; null until that came. */
  from: string | null
  readonly near: Socket
  readonly far: Socket
}

/** `X-Server-From` stands in the first request of each connection: etcdserver/api/rafthttp. */
const sender = /\r\nX-Server-From: ([0-9a-f]+)\r\n/i

export function createPeerNet(): PeerNet {
  const servers: Server[] = []
  const ways = new Set<Way>()
  const parted = new Set<string>()
  let ids: readonly string[] = []

  const isParted = ({ from, to }: Way): boolean => from !== null && parted.has(pair(ids.indexOf(from), to))
  function apply(way: Way): void {
    const { near, far } = way
    for (const socket of [near, far]) {
      if (isParted(way)) socket.pause()
      else socket.resume()
    }
  }

  async function listen(port: number, to: number): Promise<number> {
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      const way: Way = { to, from: null, near, far }
      ways.add(way)
      near.on('data', (chunk: Buffer) => {
        way.from ??= sender.exec(chunk.toString('latin1'))?.[1] ?? null
        if (isParted(way)) {
          // The request that says who it is from is the first that must not pass.
          apply(way)
          near.unshift(chunk)
        } else far.write(chunk)
      })
      far.on('data', (chunk) => near.write(chunk))
      for (const socket of [near, far]) {
        socket.setNoDelay(true)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          ways.delete(way)
          near.destroy()
          far.destroy()
        })
      }
    })
    servers.push(server)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('a proxy between members has no port')
    return address.port
  }

  const applyAll = (): void => {
    for (const way of ways) apply(way)
  }
  return {
    before: (ports) => Promise.all(ports.map(listen)),
    name(given) {
      ids = given
    },
    part(one, other) {
      parted.add(pair(one, other))
      applyAll()
    },
    heal() {
      parted.clear()
      applyAll()
    },
    async close() {
      for (const { near } of ways) near.destroy()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

const pair = (one: number, other: number): string => [one, other].sort((a, b) => a - b).join('-')
