import type { Announcement } from './announcement.ts'
import { parseUnitName } from './unit-name.ts'
import { count, series } from './wording.ts'

export type ChosenPort =
  | { readonly kind: 'port'; readonly port: number }
  /** Nothing is announced at this address. */
  | { readonly kind: 'not-announced' }
  /** Ports are announced, and none of them fits. `reason` names them all. */
  | { readonly kind: 'unfit'; readonly reason: string }
  /** Several ports fit, and nothing says which one to ask. `reason` names them all. */
  | { readonly kind: 'several'; readonly reason: string }

export interface PortWanted {
  readonly service: string
  /** The fleet unit of the instance. Its container is called `api-1` for `api@1.service`. */
  readonly unit: string
  readonly ip: string
  /** As configured; null when the configuration names none. */
  readonly containerPort: number | null
}

/**
 * Chooses the port that a health check asks. Health checks use TCP, so a UDP port never fits. `here` is what the service
 * announced at the instance's address.
 */
export function choosePort(here: readonly Announcement[], wanted: PortWanted): ChosenPort {
  if (here.length === 0) return { kind: 'not-announced' }
  const { service, ip, containerPort } = wanted
  const tcp = here.filter(({ protocol }) => protocol === 'tcp')
  if (tcp.length === 0) {
    return {
      kind: 'unfit',
      reason: `only UDP is announced for the instance at ${ip} (${portsText(here)}), and a health check asks TCP`,
    }
  }
  const fitting = containerPort === null ? tcp : tcp.filter((one) => one.containerPort === containerPort)
  if (fitting.length === 0) {
    const reason = `container port ${containerPort} is not announced for the instance at ${ip}, but ${portsText(tcp)}; name one of these in services.${service}.health.containerPort`
    return { kind: 'unfit', reason }
  }
  const one = onlyPort(fitting) ?? onlyPort(fitting.filter(({ container }) => container === containerOf(wanted.unit)))
  if (one !== null) return { kind: 'port', port: one }
  const reason = `${count(fitting.length, 'port')} are announced for the instance at ${ip}: ${portsText(fitting)}; name one container port in services.${service}.health.containerPort`
  return { kind: 'several', reason }
}

function onlyPort(list: readonly Announcement[]): number | null {
  const [port, ...more] = new Set(list.map((one) => one.port))
  return port === undefined || more.length > 0 ? null : port
}

/** `%p-%i` of the unit. */
function containerOf(unit: string): string | null {
  const name = parseUnitName(unit)
  if (name === null) return null
  return name.kind === 'instance' ? `${name.base}-${name.instance}` : name.base
}

/** `8080 at 32001 and 8125/udp at 32002`. */
function portsText(list: readonly Announcement[]): string {
  const texts = list.map(({ port, protocol, containerPort, id }) => {
    const kind = protocol === 'udp' ? '/udp' : ''
    return containerPort === null ? `${id} at port ${port}` : `container port ${containerPort}${kind} at port ${port}`
  })
  return series(texts)
}
