import type { HealthGate, HealthProbe, HealthResult } from '../ports/health.ts'

/** The port that an instance announced for itself at an address. Never rejects. */
export type AnnouncedPort = (service: string, ip: string) => Promise<PortAnswer>

type PortAnswer =
  | { readonly kind: 'port'; readonly port: number }
  /** What announces itself was read, and this instance is not among it. */
  | { readonly kind: 'not-announced' }
  /** It could not be read; `reason` is for a person and names what did not answer. */
  | { readonly kind: 'unknown'; readonly reason: string }

type GateAnswer =
  | HealthResult
  | { readonly kind: 'not-announced'; readonly reason: string }
  /** The instance was not asked, and nothing is known about it: no evidence for it, and none against it. */
  | { readonly kind: 'unknown'; readonly reason: string }

/** One try of a service's gate at a machine's address, at the announced port where the gate says so. Never rejects. */
export async function askGate(
  gate: Exclude<HealthGate, { kind: 'none' }>,
  service: string,
  ip: string,
  parts: { readonly probe: HealthProbe; readonly announcedPort: AnnouncedPort },
): Promise<GateAnswer> {
  if (gate.port !== 'announced') return parts.probe.check(gate, { ip, port: null })
  const announced = await parts.announcedPort(service, ip)
  switch (announced.kind) {
    case 'port':
      return parts.probe.check(gate, { ip, port: announced.port })
    case 'not-announced':
      return { kind: 'not-announced', reason: `no port is announced for the instance at ${ip}` }
    case 'unknown':
      return { kind: 'unknown', reason: `its port is announced in etcd, and ${announced.reason}` }
  }
}
