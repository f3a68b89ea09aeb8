import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const TRIES = 50

/** `count` neighbouring loopback addresses on which nobody listens at `port`, away from 127.0.0.x where people work. */
export async function freeAddresses(count: number, port: number): Promise<string[]> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const net = `127.${randomInt(64, 250)}.${randomInt(1, 255)}`
    const ips = Array.from({ length: count }, (_, index) => `${net}.${11 + index}`)
    const free = await Promise.all(ips.map((ip) => isFree(ip, port)))
    if (free.every(Boolean)) return ips
  }
  throw new Error(`no ${count} free loopback addresses were found for port ${port} in ${TRIES} tries; give \`ips\``)
}

function isFree(ip: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, ip, () => server.close(() => resolve(true)))
  })
}
