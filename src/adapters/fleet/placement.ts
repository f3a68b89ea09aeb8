import { instanceIn, parseUnitName, templateOf } from '../../domain/unit-name.ts'
import type { Machine } from '../../ports/scheduler.ts'

/** The machines that may run a unit, by the [X-Fleet] section of its unit file. */
export interface Placement {
  /** A machine's id or the beginning of one; null for any machine. */
  readonly machineId: string | null
  /** For each metadata key the values that would do. */
  readonly metadata: ReadonlyMap<string, readonly string[]>
  /** Units beside which it must run (MachineOf). */
  readonly peers: readonly string[]
}

/** Reads the text that `fleetctl cat` prints. The legacy names with X-Condition still count in fleet 1.0. */
export function placementIn(text: string): Placement {
  const found = new Map<string, string[]>()
  let section = ''
  for (const line of text.split('\n')) {
    const header = /^\[(.*)\]\s*$/.exec(line)
    if (header !== null) section = header[1] ?? ''
    const at = line.indexOf('=')
    if (section !== 'X-Fleet' || header !== null || at <= 0) continue
    const key = line
      .slice(0, at)
      .trim()
      .replace(/^X-Condition/, '')
    found.set(key, [...(found.get(key) ?? []), ...valuesIn(line.slice(at + 1).trim())])
  }
  const metadata = new Map<string, string[]>()
  for (const pair of found.get('MachineMetadata') ?? []) {
    const [key = '', value = '', ...more] = pair.split('=')
    // fleet ignores a pair of another shape.
    if (key === '' || value === '' || more.length > 0) continue
    metadata.set(key, [...(metadata.get(key) ?? []), value])
  }
  return { machineId: found.get('MachineID')?.[0] ?? null, metadata, peers: found.get('MachineOf') ?? [] }
}

/** `"host=f1" "host=f3"` are two values. */
const valuesIn = (value: string): readonly string[] =>
  value.startsWith('"') && value.endsWith('"')
    ? (value.match(/"[^"]*"/g) ?? []).map((one) => one.slice(1, -1))
    : [value]

/** The machines that its id and its metadata allow, beside no regard to units that run there. */
export const machinesFor = (placement: Placement, machines: ReadonlyMap<string, Machine>): readonly Machine[] =>
  [...machines.values()].filter((one) => isNamed(placement, one) && hasMetadata(placement, one))

const isNamed = ({ machineId }: Placement, { id }: Machine): boolean => machineId === null || id.startsWith(machineId)

const hasMetadata = ({ metadata }: Placement, machine: Machine): boolean =>
  [...metadata].every(([key, values]) => values.includes(machine.metadata[key] ?? ''))

/**
 * Why no machine may run the unit: "no machine matches it (MachineMetadata=disk=ssd)". Null when a machine may: then another
 * unit takes its room (fleet's `Conflicts`). `targetOf` is the machine that a unit is assigned to; null for none. Of a
 * template the peers are not known.
 */
export function misfitOf(
  unit: string,
  placement: Placement,
  machines: ReadonlyMap<string, Machine>,
  targetOf: (unit: string) => string | null,
): string | null {
  const own = resolved(unit, placement)
  const fit = machinesFor(own, machines)
  if (fit.length === 0) return `no machine matches it (${wishText(own)})`
  for (const peer of parseUnitName(unit)?.kind === 'template' ? [] : own.peers) {
    const beside = targetOf(peer)
    if (beside === null) return `it must run beside ${peer} (MachineOf), which no machine has`
    if (!fit.some((one) => one.id === beside))
      return `it must run beside ${peer} (MachineOf), whose machine does not match it (${wishText(own)})`
  }
  return null
}

function wishText({ machineId, metadata }: Placement): string {
  const pairs = [...metadata].flatMap(([key, values]) => values.map((value) => `${key}=${value}`))
  return [
    ...(machineId === null ? [] : [`MachineID=${machineId}`]),
    ...(pairs.length === 0 ? [] : [`MachineMetadata=${pairs.join(' ')}`]),
  ].join(', ')
}

/** fleet puts the unit's name in place of %n, %N, %p and %i. */
function resolved(unit: string, placement: Placement): Placement {
  const template = templateOf(unit)
  const instance = template === null ? '' : (instanceIn(template, unit) ?? '')
  const name = unit.replace(/\.[a-z]+$/, '')
  const fill = (text: string): string =>
    text
      .replaceAll('%n', unit)
      .replaceAll('%N', name)
      .replaceAll('%p', name.split('@')[0] ?? name)
      .replaceAll('%i', instance)
  const metadata = [...placement.metadata].map(([key, values]) => [fill(key), values.map(fill)] as const)
  const { machineId, peers } = placement
  return { machineId: machineId === null ? null : fill(machineId), metadata: new Map(metadata), peers: peers.map(fill) }
}
