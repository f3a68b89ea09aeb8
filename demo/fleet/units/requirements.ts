import type { UnitOption } from './lex.ts'
import { globMatches } from './glob.ts'
import { parseUnitName } from './unit-name.ts'

/** What the [X-Fleet] section of a unit asks of the scheduler. */
export interface Requirements {
  readonly global: boolean
  readonly conflicts: readonly string[]
  readonly replaces: readonly string[]
  /** Units that must be scheduled to the same machine (MachineOf). */
  readonly peers: readonly string[]
  /** Machine id or the beginning of one. */
  readonly machineId: string | null
  /** For each metadata key the values that would do. */
  readonly metadata: ReadonlyMap<string, ReadonlySet<string>>
  /** The first key that fleet does not know; a warning only. */
  readonly unknownKey: string | null
}

const KNOWN = new Set([
  'MachineID',
  'X-ConditionMachineID',
  'X-ConditionMachineBootID',
  'X-ConditionMachineOf',
  'MachineOf',
  'X-Conflicts',
  'Conflicts',
  'X-ConditionMachineMetadata',
  'MachineMetadata',
  'Global',
  'Replaces',
])

export function requirementsOf(unitName: string, options: readonly UnitOption[]): Requirements {
  const wishes = options.filter((option) => option.section === 'X-Fleet')
  const all = (...names: string[]): string[] =>
    names.flatMap((name) =>
      wishes.filter((wish) => wish.name === name).flatMap((wish) => quotedValues(substitute(wish.value, unitName))),
    )
  return {
    global: isTruthy(all('Global').at(-1)),
    conflicts: all('X-Conflicts', 'Conflicts').flatMap((value) => value.split(/\s+/).filter((word) => word !== '')),
    replaces: all('Replaces'),
    peers: all('X-ConditionMachineOf', 'MachineOf'),
    machineId: all('MachineID', 'X-ConditionMachineID', 'X-ConditionMachineBootID')[0] ?? null,
    metadata: metadataOf(all('X-ConditionMachineMetadata', 'MachineMetadata')),
    unknownKey: wishes.find((wish) => !KNOWN.has(wish.name))?.name ?? null,
  }
}

/** Why fleet would refuse a unit with these wishes, or null. */
export function refuseRequirements(wanted: Requirements): string | null {
  for (const peer of wanted.peers) {
    const conflict = wanted.conflicts.find((glob) => globMatches(glob, peer))
    if (conflict !== undefined) return `unresolvable requirements: peer "${peer}" matches conflict "${conflict}"`
    const replaced = wanted.replaces.find((glob) => globMatches(glob, peer))
    if (replaced !== undefined) return `unresolvable requirements: peer "${peer}" matches replace "${replaced}"`
  }
  const has = {
    MachineID: wanted.machineId !== null,
    Peers: wanted.peers.length > 0,
    Conflicts: wanted.conflicts.length > 0,
    Global: wanted.global,
    Replaces: wanted.replaces.length > 0,
  }
  const exclusive = [
    ['MachineID', 'Peers'],
    ['MachineID', 'Conflicts'],
    ['MachineID', 'Global'],
    ['MachineID', 'Replaces'],
    ['Global', 'Peers'],
    ['Global', 'Replaces'],
    ['Conflicts', 'Replaces'],
  ] as const
  const clash = exclusive.find(([one, other]) => has[one] && has[other])
  return clash === undefined ? null : `${clash[0]} cannot be used with ${clash[1]}`
}

export function hasMetadata(
  machine: Readonly<Record<string, string>>,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  return [...wanted].every(([key, values]) => values.has(machine[key] ?? ''))
}

function metadataOf(pairs: readonly string[]): Map<string, Set<string>> {
  const wanted = new Map<string, Set<string>>()
  for (const pair of pairs) {
    const [key, value, ...rest] = pair.split('=')
    if (key === undefined || value === undefined || key === '' || value === '' || rest.length > 0) continue
    wanted.set(key, (wanted.get(key) ?? new Set()).add(value))
  }
  return wanted
}

function quotedValues(value: string): string[] {
  if (!value.startsWith('"') || !value.endsWith('"')) return [value]
  return (value.match(/(?:[^\s"]|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ''))
}

function substitute(value: string, unitName: string): string {
  const name = parseUnitName(unitName)
  if (name === null) return value
  return value
    .replaceAll('%n', name.fullName)
    .replaceAll('%N', name.name)
    .replaceAll('%p', name.prefix)
    .replaceAll('%i', name.instance ?? '')
}

function isTruthy(value: string | undefined): boolean {
  return value !== undefined && ['true', 'yes', '1', 'on', 't'].includes(value.toLowerCase())
}
