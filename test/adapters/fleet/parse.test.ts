import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isUnitName,
  parseMachines,
  parseUnitFiles,
  parseUnits,
  type MachineRef,
  type MachineRow,
  type UnitFileRow,
  type UnitRow,
  type WishedState,
} from '../../../src/adapters/fleet/parse.ts'
import { tabwrite } from './tabwriter.ts'
import { listRuns, runAt, unitSamples } from './transcripts.ts'

const machineCell = (ref: MachineRef | null): string =>
  ref === null ? '-' : ref.id + (ref.ip === null ? '' : `/${ref.ip}`)
const unitCells = (row: UnitRow): string[] => [
  row.unit,
  machineCell(row.machine),
  row.load,
  row.active,
  row.sub,
  row.hash ?? '-',
]
const fileCells = (row: UnitFileRow): string[] => [
  row.unit,
  row.hash,
  row.dstate ?? '-',
  row.state ?? '-',
  row.global ? 'global' : machineCell(row.target),
  String(row.global),
]
const machineCells = (row: MachineRow): string[] => {
  const pairs = Object.entries(row.metadata).map(([key, value]) => `${key}=${value}`)
  return [row.id, row.ip ?? '-', pairs.length === 0 ? '-' : pairs.join(',')]
}
function rowsOf<Row>(parsed: { kind: 'rows'; rows: readonly Row[] } | { kind: 'garbled'; reason: string }) {
  if (parsed.kind === 'garbled') throw new Error(parsed.reason)
  return parsed.rows
}

describe('list-units of the real fleetctl', () => {
  it('is read in every answer of the transcripts, and nothing of it is lost', () => {
    expect(unitSamples.length).toBeGreaterThan(100)
    for (const run of unitSamples) {
      const rows = rowsOf(parseUnits(run.stdout))
      expect(tabwrite(rows.map(unitCells))).toBe(run.stdout)
    }
  })

  it('has an empty address for a machine that lost its power, and the states it had', () => {
    const rows = rowsOf(parseUnits(runAt(listRuns, 'machine-death', 13).stdout))
    expect(rows).toHaveLength(9)
    expect(rows.filter((row) => row.machine?.ip === null).map((row) => row.unit)).toEqual([
      'api@3.service',
      'worker@5.service',
      'worker@6.service',
    ])
    expect(rows[2]).toEqual({
      unit: 'api@3.service',
      machine: { id: '3ce5000000000000000000000b586003', ip: null },
      load: 'loaded',
      active: 'active',
      sub: 'running',
      hash: '949e5ba30274b43c3edb8657a47f9ad022c22922',
    })
  })

  it('may have one unit on several machines', () => {
    const rows = rowsOf(parseUnits(runAt(listRuns, 'global-unit', 26).stdout))
    expect(rows.map((row) => row.machine?.ip)).toEqual(['10.77.0.11', '10.77.0.12', '10.77.0.13'])
  })

  it('takes three empty states, but not one: which of them is empty would be a guess', () => {
    const id = 'a'.repeat(32)
    const hash = 'b'.repeat(40)
    const none = parseUnits(tabwrite([['api@1.service', id, '', '', '', hash]]))
    expect(rowsOf(none)[0]).toMatchObject({ load: '', active: '', sub: '' })
    const one = parseUnits(tabwrite([['api@1.service', id, 'loaded', '', 'running', hash]]))
    expect(one).toMatchObject({ kind: 'garbled', reason: 'has 5 cells instead of 6' })
  })

  it('is garbled, not shortened, when one line is wrong or the end is missing', () => {
    const { stdout } = runAt(listRuns, 'machine-death', 13)
    for (const bad of [
      stdout.slice(0, -1),
      stdout.slice(0, 300),
      `${stdout}\n`,
      `${stdout}oops\n`,
      stdout.replace('api@2.service', '--api@2'),
      stdout.replace('949e5ba30274b43c3edb8657a47f9ad022c22922', '949e5ba'),
      stdout.replace('2ce5000000000000000000000b586002/', '2ce50000.../'),
      stdout.replaceAll('\n', '\r\n'),
      `UNIT\tMACHINE\tLOAD\tACTIVE\tSUB\tHASH\n${stdout}`,
    ]) {
      expect(parseUnits(bad).kind).toBe('garbled')
    }
    expect(parseUnits(`${stdout}oops\n`)).toMatchObject({ line: '"oops"' })
  })
})

describe('list-unit-files of the real fleetctl', () => {
  // `global` was never asked together with the others in the transcripts: it is put behind them.
  const withGlobal = (stdout: string): string =>
    tabwrite(
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(/\t+/).slice(0, 5))
        .map((cells) => cells.concat(String(cells[4] === 'global'))),
    )

  it('is read with full hashes and full machine ids', () => {
    const rows = rowsOf(parseUnitFiles(withGlobal(runAt(listRuns, 'unschedulable', 6).stdout)))
    expect(rows.map(({ unit, dstate, state, target }) => [unit, dstate, state, target?.ip ?? null])).toEqual([
      ['api@.service', 'inactive', 'inactive', null],
      ['api@1.service', 'launched', 'launched', expect.stringMatching(/^10\.77/)],
      ['api@2.service', 'launched', 'launched', expect.stringMatching(/^10\.77/)],
      ['api@3.service', 'launched', 'launched', expect.stringMatching(/^10\.77/)],
      ['api@4.service', 'launched', 'inactive', null],
    ])
  })

  it('has no target and no state for a global unit', () => {
    const line = `glob.service\taf1f0dea1320186ea7d6a269b0c59369f780ca05\tlaunched\t-\tglobal\ttrue\n`
    expect(rowsOf(parseUnitFiles(line))[0]).toMatchObject({
      global: true,
      target: null,
      state: null,
      dstate: 'launched',
    })
    expect(parseUnitFiles(line.replace('true', 'false')).kind).toBe('garbled')
  })

  it('takes a target whose machine is lost: an id without an address', () => {
    const text = tabwrite([['api@3.service', 'a'.repeat(40), 'launched', 'inactive', 'c'.repeat(32), 'false']])
    expect(rowsOf(parseUnitFiles(text))[0]?.target).toEqual({ id: 'c'.repeat(32), ip: null })
  })
})

describe('list-machines of the real fleetctl', () => {
  it('is read with its metadata', () => {
    const rows = rowsOf(parseMachines(runAt(listRuns, 'list-machines', 4).stdout))
    expect(rows).toHaveLength(3)
    expect(rows[1]).toEqual({
      id: '2ce5000000000000000000000b586002',
      ip: '10.77.0.12',
      metadata: { host: 'f2', tier: 'lab' },
    })
  })

  it('is garbled when the ids are cut or columns are missing', () => {
    for (const run of listRuns.filter(({ args, rc }) => rc === 0 && args[0] === 'list-machines')) {
      if (run.args.join(' ') === 'list-machines --no-legend --full') continue
      expect([run.args.join(' '), parseMachines(run.stdout).kind]).toEqual([run.args.join(' '), 'garbled'])
    }
  })
})

it('takes no help text, no legend and no other list for an answer', () => {
  const help = listRuns.filter((run) => run.stdout.startsWith('NAME:'))
  expect(help.length).toBeGreaterThan(2)
  const shortened = listRuns.filter((run) => run.rc === 0 && run.args.join(' ') === 'list-units')
  for (const { stdout } of [...help, ...shortened]) {
    for (const parse of [parseUnits, parseUnitFiles, parseMachines]) expect(parse(stdout).kind).toBe('garbled')
  }
})

describe('for any text', () => {
  const hex = (length: number) =>
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: length, maxLength: length })
  const unit = fc
    .tuple(
      fc.stringMatching(/^[a-z][a-z0-9:_.-]{0,30}(?:@[0-9]{0,2})?$/),
      fc.constantFrom('service', 'timer', 'automount'),
    )
    .map(([base, suffix]) => `${base}.${suffix}`)
  const ip = fc.option(fc.ipV4(), { nil: null })
  const ref: fc.Arbitrary<MachineRef | null> = fc.option(fc.record({ id: hex(32), ip }), { nil: null })
  const state = fc.stringMatching(/^[a-z][a-z-]{0,15}$/)
  const states = fc.oneof(fc.tuple(state, state, state), fc.constant(['', '', ''] as const))
  const unitRow: fc.Arbitrary<UnitRow> = fc
    .record({ unit, machine: ref, states, hash: fc.option(hex(40), { nil: null }) })
    .map(({ unit, machine, states: [load, active, sub], hash }) => ({ unit, machine, load, active, sub, hash }))
  const wish: fc.Arbitrary<WishedState | null> = fc.constantFrom('inactive', 'loaded', 'launched', null)
  const fileRow: fc.Arbitrary<UnitFileRow> = fc
    .record({ unit, hash: hex(40), dstate: wish, state: wish, target: ref, global: fc.boolean() })
    .map((row) => (row.global ? Object.assign(row, { target: null }) : row))
  const word = fc.stringMatching(/^[a-z][a-z0-9_. -]{0,8}[a-z0-9]$/)
  const machineRow: fc.Arbitrary<MachineRow> = fc.record({ id: hex(32), ip, metadata: fc.dictionary(word, word) })

  it('the parsers never throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...Array.from('a1@.-/\t \n=,')) })),
        (text) => {
          for (const parse of [parseUnits, parseUnitFiles, parseMachines]) {
            expect(parse(text).kind).toBe(text === '' ? 'rows' : 'garbled')
          }
        },
      ),
    )
  })

  it('rows survive being written and read, whatever is empty in them', () => {
    fc.assert(
      fc.property(fc.array(unitRow, { maxLength: 20 }), (rows) => {
        expect(parseUnits(tabwrite(rows.map(unitCells)))).toEqual({ kind: 'rows', rows })
      }),
    )
    fc.assert(
      fc.property(fc.uniqueArray(fileRow, { selector: (row) => row.unit }), (rows) => {
        expect(parseUnitFiles(tabwrite(rows.map(fileCells)))).toEqual({ kind: 'rows', rows })
      }),
    )
    fc.assert(
      fc.property(fc.uniqueArray(machineRow, { selector: (row) => row.id }), (rows) => {
        const parsed = parseMachines(tabwrite(rows.map(machineCells)))
        expect(rowsOf(parsed).map(machineCells)).toEqual(rows.map(machineCells))
      }),
    )
  })

  it('a list that is cut anywhere within a line is garbled', () => {
    const { stdout } = runAt(listRuns, 'machine-death', 13)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: stdout.length - 1 }), (at) => {
        fc.pre(stdout[at - 1] !== '\n')
        expect(parseUnits(stdout.slice(0, at)).kind).toBe('garbled')
      }),
    )
  })
})

it('takes only the name of one unit as a name', () => {
  for (const good of ['api@1.service', 'api-elb@3.service', 'beavis.service', 'a\\x2db.service', 'tick.timer']) {
    expect([good, isUnitName(good)]).toEqual([good, true])
  }
  for (const bad of [
    '',
    '-f.service',
    '--no-block',
    'api@*.service',
    'api@?.service',
    'api@[1].service',
    'api@{1..3}.service',
    '../api@1.service',
    '/tmp/api.service',
    'api@1',
    'api@1.service\n',
    'api 1.service',
    'api@1.service api@2.service',
    'api@1.exe',
    `${'a'.repeat(250)}.service`,
  ]) {
    expect([bad, isUnitName(bad)]).toEqual([bad, false])
  }
})
