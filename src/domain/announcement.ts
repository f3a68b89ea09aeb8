import { isIP } from 'node:net'

/**
 * One address that a service announced in etcd, in registrator's layout: the key is `<service>/<host>:<container>:<port>`
 * with the container's port, and the value is `ip:port` with the host's port. A container with several ports appends
 * `-<port>` to the service name. The key of a UDP port ends in `:udp`.
 */
export interface Announcement {
  readonly service: string
  /** The key below the service. */
  readonly id: string
  /** In canonical form: see `canonicalIp`. */
  readonly ip: string
  /** The host's port. */
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  /** The container's name; null when the key has another form. */
  readonly container: string | null
  /** The container's port; null when the key has another form. */
  readonly containerPort: number | null
}

/** Null when the key or the value has another form. */
export function parseAnnouncement(key: string, value: string): Announcement | null {
  const cut = key.indexOf('/')
  const address = parseAddress(value)
  if (cut <= 0 || cut === key.length - 1 || address === null) return null
  const id = key.slice(cut + 1)
  const [, rest = id, udp] = /^(.*?)(:udp)?$/s.exec(id) ?? []
  const [, container = null, port] = /^[^:]*:([^:]+):(\d{1,5})$/.exec(rest) ?? []
  return {
    service: key.slice(0, cut),
    id,
    ...address,
    protocol: udp === undefined ? 'tcp' : 'udp',
    container,
    containerPort: port === undefined ? null : portIn(port),
  }
}

/** `10.0.0.11:8080`, `[2001:db8::1]:8080`, and an IPv6 address without brackets: what follows the last colon is the port. */
function parseAddress(text: string): { readonly ip: string; readonly port: number } | null {
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^[\]]+)):(\d{1,5})$/.exec(text.trim()) ?? []
  const ip = canonicalIp(bracketed ?? plain ?? '')
  const port = portIn(digits)
  return ip === null || port === null ? null : { ip, port }
}

function portIn(digits: string): number | null {
  const port = digits === '' ? 0 : Number(digits)
  return port >= 1 && port <= 65_535 ? port : null
}

/**
 * One text for all forms of an address: IPv6 is lower case and compressed, without a zone, and an IPv4 address that is
 * mapped into IPv6 is written as IPv4. Null for another text than an address.
 */
export function canonicalIp(text: string): string | null {
  const [bare = ''] = text.split('%', 1)
  const version = isIP(bare)
  if (version !== 6) return version === 4 ? bare : null
  const short = new URL(`http://[${bare}]/`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (mapped === null) return short
  const [high, low] = [mapped[1], mapped[2]].map((word = '0') => Number.parseInt(word, 16))
  return [high, low].flatMap((word = 0) => [word >> 8, word & 255]).join('.')
}

/** Compares an announced address with an address that a machine has. */
export const isAt = (one: Announcement, ip: string | null | undefined): boolean =>
  typeof ip === 'string' && one.ip === canonicalIp(ip)

/** `10.0.0.11:8080`, or `[2001:db8::1]:8080`. */
export const addressText = ({ ip, port }: Pick<Announcement, 'ip' | 'port'>): string =>
  isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`

/** True for the service's own name, and for its name with the container's port appended. */
export const isOf = (one: Announcement, name: string): boolean =>
  one.service === name || (one.containerPort !== null && one.service === `${name}-${one.containerPort}`)
