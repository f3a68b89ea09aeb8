import { fetchMachines, fetchStates, fetchUnits, hashOf, isGlobal, MachineCache } from './model.ts'
import { messageOf, type Session } from './session.ts'
import { optionValues } from '../units/unit-file.ts'
import { layOut } from './table.ts'

type Column<Row> = (row: Row, full: boolean) => string | Promise<string>

interface Listing<Row> {
  readonly defaults: string
  readonly columns: ReadonlyMap<string, Column<Row>>
  readonly fetch: () => Promise<Row[]>
  readonly failed: (message: string) => string
}

export function listUnits(session: Session): Promise<number> {
  const cache = new MachineCache(session)
  return list(session, {
    defaults: 'unit,machine,active,sub',
    fetch: () => fetchStates(session),
    failed: (message) => `Error retrieving list of units from repository: ${message}`,
    columns: new Map<string, Column<Awaited<ReturnType<typeof fetchStates>>[number]>>([
      ['unit', (row) => row.name],
      ['load', (row) => row.load],
      ['active', (row) => row.active],
      ['sub', (row) => row.sub],
      ['machine', (row, full) => (row.machine === '' ? '-' : cache.legend(row.machine, full))],
      ['hash', (row, full) => (row.hash === '' ? '-' : shortened(row.hash, full))],
    ]),
  })
}

export function listUnitFiles(session: Session): Promise<number> {
  const cache = new MachineCache(session)
  const target: Column<Awaited<ReturnType<typeof fetchUnits>>[number]> = (row, full) => {
    if (isGlobal(row)) return 'global'
    return row.machine === '' ? '-' : cache.legend(row.machine, full)
  }
  return list(session, {
    defaults: 'unit,hash,dstate,state,target',
    fetch: () => fetchUnits(session),
    failed: (message) => `Error retrieving list of units from repository: ${message}`,
    columns: new Map<string, typeof target>([
      ['unit', (row) => row.name],
      ['global', (row) => String(isGlobal(row))],
      ['dstate', (row) => orDash(row.desiredState)],
      ['target', target],
      ['tmachine', target],
      ['state', (row) => (isGlobal(row) ? '-' : orDash(row.currentState))],
      ['hash', (row, full) => shortened(hashOf(row), full)],
      ['desc', (row) => orDash(optionValues(row.options, 'Unit', 'Description')[0] ?? '')],
    ]),
  })
}

export function listMachines(session: Session): Promise<number> {
  return list(session, {
    defaults: 'machine,ip,metadata',
    fetch: () => fetchMachines(session),
    failed: (message) =>
      `Error retrieving list of active machines from fleet API (${message})\nPossible issues:\n` +
      '  etcd is unhealthy and/or lost quorum\n  connection cannot be established to any etcd servers',
    columns: new Map<string, Column<Awaited<ReturnType<typeof fetchMachines>>[number]>>([
      ['machine', (row, full) => (full ? row.id : `${row.id.slice(0, 8)}...`)],
      ['ip', (row) => orDash(row.ip)],
      [
        'metadata',
        (row) =>
          orDash(
            Object.entries(row.metadata)
              .map(([key, value]) => `${key}=${value}`)
              .sort()
              .join(','),
          ),
      ],
    ]),
  })
}

async function list<Row>(session: Session, listing: Listing<Row>): Promise<number> {
  const fields = session.flags['fields'] ?? listing.defaults
  if (fields === '') return failed(session, 'Must define output format')
  const columns: Column<Row>[] = []
  for (const name of fields.split(',')) {
    const column = listing.columns.get(name)
    if (column === undefined) return failed(session, `Invalid key in output format: "${name}"`)
    if (name === 'tmachine') session.err('WARNING: The "tmachine" field is deprecated. Use "target" instead')
    columns.push(column)
  }
  let rows: Row[]
  try {
    rows = await listing.fetch()
  } catch (error) {
    return failed(session, listing.failed(messageOf(error)))
  }
  const full = session.isOn('full') || session.isOn('l')
  const lines = session.isOn('no-legend') ? [] : [fields.toUpperCase().split(',')]
  for (const row of rows) {
    const cells: string[] = []
    for (const column of columns) cells.push(await column(row, full))
    lines.push(cells)
  }
  session.write(layOut(lines))
  return 0
}

function failed(session: Session, message: string): number {
  session.err(message)
  return 1
}

function orDash(text: string): string {
  return text === '' ? '-' : text
}

function shortened(hash: string, full: boolean): string {
  return full ? hash : hash.slice(0, 7)
}
