import type { Machine, UnitReport, UnitView } from '../../ports/scheduler.ts'
import type { MachineRow, UnitFileRow, UnitRow } from './parse.ts'
import { count } from './words.ts'

/** The three lists of one poll, each complete, all from one endpoint. */
export interface Lists {
  readonly machines: readonly MachineRow[]
  readonly files: readonly UnitFileRow[]
  readonly rows: readonly UnitRow[]
}

export type SeenUnit = Omit<UnitView, 'sameFor' | 'wantedFor' | 'flaps'>

/** What one poll showed, without what only a series of polls can tell. */
export interface Seen {
  readonly kind: 'seen'
  readonly machines: ReadonlyMap<string, Machine>
  readonly units: ReadonlyMap<string, SeenUnit>
  readonly templates: ReadonlyMap<string, string>
  readonly misfits?: ReadonlyMap<string, string>
}

/**
 * Lists → what is so. Lists that cannot be so are `unknown`: reports live in etcd with a time to live, so when fleet or
 * etcd stood still machines vanish, then every row, for 10 to 20 s, though all goes on running
 * (etcd-freeze-longer-than-ttl). One missing row stays a fact: the unit has no report, which does not mean gone.
 */
export function viewOf(lists: Lists): Seen | { readonly kind: 'unknown'; readonly reason: string } {
  if (lists.machines.length === 0) {
    return { kind: 'unknown', reason: 'fleet lists no machine at all: its agents are not heard of, wait for them' }
  }
  if (lists.files.length === 0 && lists.rows.length > 0) {
    const rows = count(lists.rows.length, 'unit')
    return {
      kind: 'unknown',
      reason: `fleet lists no unit file though machines report ${rows}: its registry is not answering whole`,
    }
  }
  const expected = lists.files.filter((file) => isExpectedToReport(file))
  if (lists.rows.length === 0 && expected.length > 0) {
    const units = count(expected.length, 'unit')
    const reason = `fleet has no report of any unit though ${units} should be on machines: reports are late, wait for them`
    return { kind: 'unknown', reason }
  }

  const machines = new Map(lists.machines.map((machine): [string, Machine] => [machine.id, machine]))
  const templates = new Map<string, string>()
  const units = new Map<string, SeenUnit>()
  for (const file of lists.files) {
    if (isTemplate(file.unit)) templates.set(file.unit, file.hash)
    else units.set(file.unit, { ...fromFile(file), reports: [] })
  }
  for (const row of lists.rows) {
    const unit = units.get(row.unit) ?? { ...unknownToRegistry(row.unit), reports: [] }
    const report = reportOf(row, machines)
    units.set(row.unit, report === null ? unit : { ...unit, reports: [...unit.reports, report] })
  }
  return { kind: 'seen', machines, units, templates }
}

/** A loaded or launched unit with a machine has a row there, a stopped one too (inactive/dead). */
function isExpectedToReport(file: UnitFileRow): boolean {
  return !file.global && file.target !== null && (file.dstate === 'launched' || file.dstate === 'loaded')
}

function isTemplate(unit: string): boolean {
  return /@\.[a-z]+$/.test(unit)
}

function fromFile(file: UnitFileRow): Omit<SeenUnit, 'reports'> {
  return {
    unit: file.unit,
    wanted: file.dstate ?? 'inactive',
    believed: file.state,
    hash: file.hash,
    target: file.target?.id ?? null,
    global: file.global,
  }
}

function unknownToRegistry(unit: string): Omit<SeenUnit, 'reports'> {
  return { unit, wanted: 'absent', believed: null, hash: null, target: null, global: false }
}

function reportOf(row: UnitRow, machines: ReadonlyMap<string, Machine>): UnitReport | null {
  if (row.machine === null) return null
  const { id, ip } = row.machine
  const known = machines.get(id)
  const hash = row.hash ?? ''
  // A machine that is neither listed nor named with its address is lost: the states in its row are its last words, and
  // fleet shows them unchanged until they expire (machine-death).
  if (known === undefined && ip === null) return { machine: id, ip: null, load: '', active: '', sub: '', hash }
  return { machine: id, ip: ip ?? known?.ip ?? null, load: row.load, active: row.active, sub: row.sub, hash }
}
