/** Rows of fleetctl's lists, with `--full --no-legend` and the fields named here. Strict: one bad line spoils the list. */
export const unitFields = 'unit,machine,load,active,sub,hash'
export const unitFileFields = 'unit,hash,dstate,state,target,global'
export const machineFields = 'machine,ip,metadata'

export type Parsed<Row> =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  /** The text is no such list. `line` is the first line that is wrong, quoted and cut; `reason` says what is wrong with it. */
  | { readonly kind: 'garbled'; readonly line: string; readonly reason: string }

export interface MachineRef {
  readonly id: string
  readonly ip: string | null
}

export interface UnitRow {
  readonly unit: string
  /** Null when the registry knows no machine for the report. */
  readonly machine: MachineRef | null
  readonly load: string
  readonly active: string
  readonly sub: string
  readonly hash: string | null
}

export interface UnitFileRow {
  readonly unit: string
  readonly hash: string
  readonly dstate: WishedState | null
  readonly state: WishedState | null
  readonly target: MachineRef | null
  readonly global: boolean
}

export interface MachineRow extends MachineRef {
  readonly metadata: Readonly<Record<string, string>>
}

export type WishedState = 'inactive' | 'loaded' | 'launched'

const unitPattern =
  /^[A-Za-z0-9:_.\\@-]+\.(?:service|socket|device|mount|automount|swap|timer|path|target|slice|scope)$/
const machinePattern = /^([0-9a-f]{32})(?:\/([^\s/]+))?$/
const hashPattern = /^[0-9a-f]{40}$/
const statePattern = /^[a-z][a-z-]*$/
const wishes: readonly string[] = ['inactive', 'loaded', 'launched'] satisfies WishedState[]

/** Whether this can be the name of one unit, and nothing else: no flag, no path, no glob. */
export function isUnitName(text: string): boolean {
  return text.length <= 255 && !text.startsWith('-') && unitPattern.test(text)
}

/**
 * An empty cell is only padding (Go's tabwriter), so a row is known by the shapes of its ends: unit and machine first,
 * hash last. Between them are three states, or none when the registry has none; one or two would be a guess.
 */
export function parseUnits(text: string): Parsed<UnitRow> {
  return parseLines(text, (line) => {
    const cells = line.split(/[\t ]+/)
    if (cells.length !== 6 && cells.length !== 3) return `has ${cells.length} cells instead of 6`
    const [unit = '', machine = ''] = cells
    const hash = cells.at(-1) ?? ''
    const [load = '', active = '', sub = ''] = cells.length === 6 ? cells.slice(2, 5) : []
    if (!unitPattern.test(unit)) return 'does not begin with the name of a unit'
    const where = parseMachine(machine)
    if (where === undefined) return 'names no machine after the unit'
    if (hash !== '-' && !hashPattern.test(hash)) return 'does not end with a hash'
    if (cells.length === 6 && ![load, active, sub].every((state) => statePattern.test(state))) return 'has no states'
    return { unit, machine: where, load, active, sub, hash: hash === '-' ? null : hash }
  })
}

export function parseUnitFiles(text: string): Parsed<UnitFileRow> {
  const seen = new Set<string>()
  return parseLines(text, (line) => {
    const cells = line.split(/[\t ]+/)
    const [unit = '', hash = '', dstate = '', state = '', target = '', global = ''] = cells
    if (cells.length !== 6) return `has ${cells.length} cells instead of 6`
    if (!unitPattern.test(unit)) return 'does not begin with the name of a unit'
    if (seen.has(unit)) return 'repeats a unit'
    seen.add(unit)
    if (!hashPattern.test(hash)) return 'has no hash'
    if (!isWish(dstate) || !isWish(state)) return 'has a state that fleet does not have'
    const where = target === 'global' ? null : parseMachine(target)
    if (where === undefined) return 'has no target'
    if (global !== String(target === 'global')) return 'says two things about being global'
    return { unit, hash, dstate: wish(dstate), state: wish(state), target: where, global: target === 'global' }
  })
}

export function parseMachines(text: string): Parsed<MachineRow> {
  const seen = new Set<string>()
  return parseLines(text, (line) => {
    // Metadata is last and free text: blanks in it are its own.
    const match = /^([0-9a-f]{32})[\t ]+([^\s]+)[\t ]+([^\t]+)$/.exec(line)
    if (match === null) return 'is not a machine, its address and its metadata'
    const [, id = '', ip = '', metadata = ''] = match
    if (seen.has(id)) return 'repeats a machine'
    seen.add(id)
    const pairs = parseMetadata(metadata)
    if (pairs === null) return 'has metadata that are not key=value'
    return { id, ip: ip === '-' ? null : ip, metadata: pairs }
  })
}

function parseLines<Row extends object>(text: string, parseLine: (line: string) => Row | string): Parsed<Row> {
  const garbled = (line: string, reason: string): Parsed<Row> => ({ kind: 'garbled', line: quote(line), reason })
  if (text === '') return { kind: 'rows', rows: [] }
  const lines = text.split('\n')
  const last = lines.pop()
  if (last !== '') return garbled(last ?? '', 'is cut: it has no end of line')
  const rows: Row[] = []
  for (const line of lines) {
    const row = parseLine(line)
    if (typeof row === 'string') return garbled(line, row)
    rows.push(row)
  }
  return { kind: 'rows', rows }
}

/** `undefined` when the cell is no machine, null for `-`. */
function parseMachine(cell: string): MachineRef | null | undefined {
  if (cell === '-') return null
  const match = machinePattern.exec(cell)
  if (match === null) return undefined
  return { id: match[1] ?? '', ip: match[2] ?? null }
}

function parseMetadata(cell: string): Record<string, string> | null {
  if (cell === '-') return {}
  const pairs = cell.split(',').map((pair): [string, string] | null => {
    const at = pair.indexOf('=')
    return at <= 0 ? null : [pair.slice(0, at), pair.slice(at + 1)]
  })
  return pairs.every((pair) => pair !== null) ? Object.fromEntries(pairs) : null
}

function isWish(cell: string): cell is WishedState | '-' {
  return cell === '-' || wishes.includes(cell)
}

function wish(cell: WishedState | '-'): WishedState | null {
  return cell === '-' ? null : cell
}

function quote(line: string): string {
  return JSON.stringify(line.length > 120 ? `${line.slice(0, 119)}…` : line)
}
