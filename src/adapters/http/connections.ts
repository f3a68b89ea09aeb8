import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** How many connections may be open. */
export interface ConnectionLimits {
  readonly total: number
  readonly perAddress: number
}

interface Open {
  readonly socket: Socket
  readonly address: string
  /** Requests that are being answered. */
  requests: number
}

/**
 * Keeps room for new clients. Where a limit is reached, the oldest connection without a request in progress is closed:
 * of the same address for `perAddress`, of the address with the most connections for `total`. A client that only holds
 * connections open therefore shuts out nobody, also behind a proxy that all clients share.
 */
export function limitConnections(server: Server, limits: ConnectionLimits): void {
  /** In the order in which they were opened. */
  const open = new Map<Socket, Open>()
  const of = (address: string): readonly Open[] => [...open.values()].filter((one) => one.address === address)

  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? ''
    const one: Open = { socket, address, requests: 0 }
    open.set(socket, one)
    socket.once('close', () => open.delete(socket))
    const same = of(address)
    if (same.length > limits.perAddress) makeRoom(same, one)
    else if (open.size > limits.total) makeRoom(of(busiest(open.values())), one)
  })
  server.on('request', ({ socket }, response) => {
    const one = open.get(socket)
    if (one === undefined) return
    one.requests += 1
    response.once('close', () => (one.requests -= 1))
  })
}

/** Where every older connection has a request in progress, the new connection is the one to close. */
function makeRoom(list: readonly Open[], fresh: Open): void {
  const waiting = list.find((one) => one.requests === 0 && one !== fresh)
  ;(waiting ?? fresh).socket.destroy()
}

function busiest(list: Iterable<Open>): string {
  const counts = new Map<string, number>()
  for (const { address } of list) counts.set(address, (counts.get(address) ?? 0) + 1)
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0] as [string, number])[0]
}
