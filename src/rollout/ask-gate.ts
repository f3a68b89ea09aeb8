import type { ChosenPort, PortWanted } from '../domain/choose-port.ts'
import type { HealthGate, HealthProbe, HealthResult } from '../ports/health.ts'

/** Finds the port that an instance announced for itself. Never rejects. */
export type AnnouncedPort = (wanted: PortWanted) => Promise<PortAnswer>

type PortAnswer =
  | ChosenPort
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
  { service, unit, ip }: Pick<PortWanted, 'service' | 'unit' | 'ip'>,
  parts: { readonly probe: HealthProbe; readonly announcedPort: AnnouncedPort },
): Promise<GateAnswer> {
  if (gate.port !== 'announced') return parts.probe.check(gate, { ip, port: null })
  const announced = await parts.announcedPort({ service, unit, ip, containerPort: gate.containerPort ?? null })
  switch (announced.kind) {
    case 'port':
      return parts.probe.check(gate, { ip, port: announced.port })
    case 'not-announced':
      return { kind: 'not-announced', reason: `no port is announced for the instance at ${ip}` }
    case 'unfit':
      return { kind: 'not-announced', reason: announced.reason }
    case 'several':
      return { kind: 'unknown', reason: announced.reason }
    case 'unknown':
      return { kind: 'unknown', reason: `its port is announced in etcd, and ${announced.reason}` }
  }
}
