import type { Snapshot } from './history.ts'

/** A list command: which list, which fields, and whether names of fields stand above. */
export interface Listing {
  readonly list: 'list-units' | 'list-unit-files' | 'list-machines'
  readonly fields: readonly string[]
}

const DEFAULTS: Readonly<Record<Listing['list'], string>> = {
  'list-units': 'unit,machine,active,sub',
  'list-unit-files': 'unit,hash,dstate,state,target',
  'list-machines': 'machine,ip,metadata',
}

/** The list that a command line asks for, or null when it asks for none. */
export function listingOf(argv: readonly string[]): Listing | null {
  const list = (['list-units', 'list-unit-files', 'list-machines'] as const).find((name) => argv.includes(name))
  if (list === undefined) return null
  const flag = argv.findIndex((arg) => arg === '--fields' || arg.startsWith('--fields='))
  const given = flag === -1 ? DEFAULTS[list] : (argv[flag]?.split('=')[1] ?? argv[flag + 1] ?? '')
  return { list, fields: given.split(',') }
}

/** The rows of a list, each as one text, without what may differ: which machine it is. Sorted. */
export function rowsOf(listing: Listing, stdout: string): string[] {
  const legend = listing.fields.join('\t').toUpperCase()
  return stdout
    .split('\n')
    .map((line) => line.replace(/\s+$/, ''))
    .filter((line) => line !== '' && line.replace(/\t+/g, '\t') !== legend)
    .map((line) => line.split(/\t+/).map(withoutMachine).join(' '))
    .sort()
}

/** The same rows as the registry had them at one moment. */
export function rowsAt(listing: Listing, snapshot: Snapshot): string[] {
  const full = (hash: string): string => hash.slice(0, 7)
  switch (listing.list) {
    case 'list-machines':
      return snapshot.machines
        .map((machine) => pick(listing, { machine: 'M', ip: 'M', metadata: machine.metadata }))
        .sort()
    case 'list-units':
      return snapshot.states
        .map((row) => pick(listing, { ...row, unit: row.name, machine: 'M', hash: full(row.hash) }))
        .sort()
    case 'list-unit-files':
      return snapshot.units
        .map((row) =>
          pick(listing, {
            ...row,
            unit: row.name,
            target: row.global ? 'global' : row.target === '' ? '-' : 'M',
            global: String(row.global),
            hash: full(row.hash),
            state: row.state === '' ? '-' : row.state,
          }),
        )
        .sort()
  }
}

function pick(listing: Listing, row: Readonly<Record<string, unknown>>): string {
  return listing.fields.map((field) => String(row[field])).join(' ')
}

/** Machines and hashes, long or short, made comparable. */
function withoutMachine(cell: string): string {
  if (/^[0-9a-f]{8}(\.\.\.|[0-9a-f]{24})(\/[\d.]+)?$/.test(cell) || /^\d+\.\d+\.\d+\.\d+$/.test(cell)) return 'M'
  return /^[0-9a-f]{40}$/.test(cell) ? cell.slice(0, 7) : cell
}
