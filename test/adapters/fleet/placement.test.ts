import { describe, expect, it } from 'vitest'
import { createPlaceUnits } from '../../../src/adapters/fleet/place-units.ts'
import { machinesFor, misfitOf, placementIn } from '../../../src/adapters/fleet/placement.ts'
import type { Fleetctl } from '../../../src/adapters/fleet/fleetctl.ts'
import type { Seen, SeenUnit } from '../../../src/adapters/fleet/view.ts'

const machine = (id: string, metadata: Readonly<Record<string, string>>) => [id, { id, ip: null, metadata }] as const
const machines = new Map([
  machine('1ce50', { host: 'f1', tier: 'lab' }),
  machine('2ce50', { host: 'f2', tier: 'lab' }),
  machine('3ce50', { host: 'f3', tier: 'shop' }),
])
const file = (...lines: readonly string[]): string =>
  ['[Unit]', 'Description=MachineID=x', '', '[Service]', 'MachineMetadata=host=f9', '', '[X-Fleet]', ...lines, ''].join(
    '\n',
  )
const idsFor = (...lines: readonly string[]) => machinesFor(placementIn(file(...lines)), machines).map((one) => one.id)
const misfit = (unit: string, ...lines: readonly string[]) =>
  misfitOf(unit, placementIn(file(...lines)), machines, (peer) => (peer === 'db@1.service' ? '3ce50' : null))

describe('the machines that a unit file allows', () => {
  // As fleet's scenarios placement and submit show them.
  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['all without a wish', [], ['1ce50', '2ce50', '3ce50']],
    ['all where it only has conflicts', ['Conflicts=api@*.service'], ['1ce50', '2ce50', '3ce50']],
    ['one value', ['MachineMetadata=host=f2'], ['2ce50']],
    ['either of two values of one key', ['MachineMetadata="host=f1" "host=f3"'], ['1ce50', '3ce50']],
    ['both of two keys', ['MachineMetadata=host=f3', 'MachineMetadata=tier=lab'], []],
    ['spaces around the sign', ['MachineMetadata = host=f2'], ['2ce50']],
    ['the name of before fleet 0.8', ['X-ConditionMachineMetadata=tier=shop'], ['3ce50']],
    [
      'no pair of another shape',
      ['MachineMetadata=host', 'MachineMetadata=a=b=c', 'MachineMetadata=host='],
      ['1ce50', '2ce50', '3ce50'],
    ],
    ['a machine by its id', ['MachineID=2ce50'], ['2ce50']],
    ['a machine by the beginning of its id', ['MachineID=3'], ['3ce50']],
  ])('are %s', (_, lines, ids) => {
    expect(idsFor(...lines)).toEqual(ids)
  })
})

describe('why no machine may run a unit', () => {
  it.each<readonly [string, readonly string[], string | null]>([
    ['api@1.service', ['MachineMetadata=host=f2'], null],
    ['api@1.service', ['Conflicts=api@*.service'], null],
    ['api@1.service', ['MachineMetadata=disk=ssd'], 'no machine matches it (MachineMetadata=disk=ssd)'],
    ['api@1.service', ['MachineID=9ce50'], 'no machine matches it (MachineID=9ce50)'],
    ['api@2.service', ['MachineMetadata=host=f%i'], null],
    ['api@7.service', ['MachineMetadata=host=f%i'], 'no machine matches it (MachineMetadata=host=f7)'],
    ['api@1.service', ['MachineOf=db@%i.service'], null],
    ['api@2.service', ['MachineOf=db@%i.service'], 'it must run beside db@2.service (MachineOf), which no machine has'],
    [
      'api@1.service',
      ['MachineOf=db@1.service', 'MachineMetadata=tier=lab'],
      'it must run beside db@1.service (MachineOf), whose machine does not match it (MachineMetadata=tier=lab)',
    ],
    ['api@.service', ['MachineOf=db@9.service'], null],
    ['api@.service', ['MachineMetadata=disk=ssd'], 'no machine matches it (MachineMetadata=disk=ssd)'],
  ])('%s with %j: %j', (unit, lines, why) => {
    expect(misfit(unit, ...lines)).toBe(why)
  })
})

const unit = (name: string, change: Partial<SeenUnit> = {}): SeenUnit => ({
  unit: name,
  wanted: 'launched',
  believed: null,
  hash: 'bad',
  target: null,
  global: false,
  reports: [],
  ...change,
})
const seenOf = (templates: Readonly<Record<string, string>>, ...units: readonly SeenUnit[]): Seen => ({
  kind: 'seen',
  machines,
  units: new Map(units.map((one) => [one.unit, one])),
  templates: new Map(Object.entries(templates)),
})

describe('a look at the fleet', () => {
  const signal = new AbortController().signal
  const files: Readonly<Record<string, string>> = {
    'api@1.service': file('MachineMetadata=disk=ssd'),
    'api@.service': file('MachineMetadata=host=f9'),
    'proxy.service': file('Global=true', 'MachineMetadata=tier=lab'),
  }
  const lab = () => {
    const asked: string[] = []
    let answers = true
    const fleetctl: Fleetctl = async (_, args) => {
      asked.push(args.join(' '))
      const text = answers ? files[args[1] ?? ''] : undefined
      if (text === undefined) return { kind: 'exited', rc: 1, stdout: '', stderr: 'Unit not found\n' }
      return { kind: 'exited', rc: 0, stdout: text, stderr: '' }
    }
    let now = 0
    const place = createPlaceUnits(fleetctl, () => now, 1000)
    return {
      asked,
      answer: (whether: boolean) => (answers = whether),
      pass: (ms: number) => (now += ms),
      place: (seen: Seen) => place(seen, null, signal),
    }
  }

  it('reads the file of a unit that no machine has, once for its content', async () => {
    const { place, asked } = lab()
    const seen = seenOf({ 'api@.service': 'bad' }, unit('api@1.service'), unit('api@2.service', { hash: 'bad' }))
    for (let times = 0; times < 3; times++) {
      const view = await place(seen)
      expect(view.units.get('api@1.service')?.misfit).toBe('no machine matches it (MachineMetadata=disk=ssd)')
      expect(view.misfits?.get('api@.service')).toContain('disk=ssd')
    }
    expect(asked).toHaveLength(1)
  })

  it('reads a template that differs from an instance, and no file where nothing is odd', async () => {
    const { place, asked } = lab()
    const runs = { machine: '1ce50', ip: null, load: 'loaded', active: 'active', sub: 'running', hash: 'h1' }
    const fine = unit('api@1.service', { hash: 'h1', target: '1ce50', reports: [runs] })
    const same = seenOf({ 'api@.service': 'h1' }, fine)
    expect(await place(same)).toBe(same)
    expect(asked).toEqual([])
    const view = await place(seenOf({ 'api@.service': 'h9' }, fine))
    expect(view.misfits).toEqual(new Map([['api@.service', 'no machine matches it (MachineMetadata=host=f9)']]))
    expect(view.units.get('api@1.service')?.misfit).toBeUndefined()
    expect(asked).toEqual(['cat api@.service'])
  })

  it('knows the machines that a global unit is meant for', async () => {
    const { place } = lab()
    const view = await place(seenOf({}, unit('proxy.service', { global: true, hash: 'g' })))
    expect(view.units.get('proxy.service')?.meantFor).toEqual(['1ce50', '2ce50'])
  })

  it('does without a file that cannot be read, and asks again after a while', async () => {
    const { place, asked, answer, pass } = lab()
    answer(false)
    const seen = seenOf({}, unit('api@1.service'))
    for (let times = 0; times < 3; times++)
      expect((await place(seen)).units.get('api@1.service')?.misfit).toBeUndefined()
    expect(asked).toHaveLength(1)
    answer(true)
    pass(30_000)
    expect((await place(seen)).units.get('api@1.service')?.misfit).toContain('disk=ssd')
  })
})
