import { describe, expect, it } from 'vitest'
import { parseMachines, parseUnits, type UnitFileRow } from '../../../src/adapters/fleet/parse.ts'
import { track, type KnownView } from '../../../src/adapters/fleet/track.ts'
import { viewOf, type Lists, type Seen } from '../../../src/adapters/fleet/view.ts'
import { listRuns, runAt } from './transcripts.ts'

const ids = ['1ce5000000000000000000000b586001', '2ce5000000000000000000000b586002', '3ce5000000000000000000000b586003']
const [m1 = '', m2 = '', m3 = ''] = ids
const hash = '949e5ba30274b43c3edb8657a47f9ad022c22922'

const machines = (...present: readonly string[]): Lists['machines'] => {
  const parsed = parseMachines(runAt(listRuns, 'list-machines', 4).stdout)
  return parsed.kind === 'rows' ? parsed.rows.filter(({ id }) => present.includes(id)) : []
}
const rows = (scenario: string, step: number): Lists['rows'] => {
  const parsed = parseUnits(runAt(listRuns, scenario, step).stdout)
  return parsed.kind === 'rows' ? parsed.rows : []
}
const file = (unit: string, target: string | null, more: Partial<UnitFileRow> = {}): UnitFileRow => ({
  unit,
  hash,
  dstate: 'launched',
  state: 'launched',
  target: target === null ? null : { id: target, ip: null },
  global: false,
  ...more,
})
const template = file('api@.service', null, { dstate: 'inactive', state: 'inactive' })
const threeApis = [template, file('api@1.service', m1), file('api@2.service', m2), file('api@3.service', m3)]

function seen(lists: Lists): Seen {
  const view = viewOf(lists)
  if (view.kind === 'unknown') throw new Error(view.reason)
  return view
}

describe('one poll', () => {
  it('becomes machines, units that are wanted or reported, and templates apart', () => {
    const view = seen({ machines: machines(...ids), files: threeApis, rows: rows('machine-death', 7) })
    expect([...view.machines.keys()]).toEqual(ids)
    expect(view.templates).toEqual(new Map([['api@.service', hash]]))
    expect(view.units.get('api@3.service')).toEqual({
      unit: 'api@3.service',
      wanted: 'launched',
      believed: 'launched',
      hash,
      target: m3,
      global: false,
      reports: [{ machine: m3, ip: '10.77.0.13', load: 'loaded', active: 'active', sub: 'running', hash }],
    })
    expect(view.units.get('worker@1.service')).toMatchObject({ wanted: 'absent', hash: null, target: null })
  })

  it('says of a machine that died only that it does not know: fleet repeats its last words until they expire', () => {
    const view = seen({ machines: machines(m1, m2), files: threeApis, rows: rows('machine-death', 13) })
    expect(view.units.get('api@3.service')?.reports).toEqual([
      { machine: m3, ip: null, load: '', active: '', sub: '', hash },
    ])
    expect(view.units.get('api@2.service')?.reports[0]?.active).toBe('active')
  })

  it('never reads a missing row as gone: the unit stays, wanted and without a report', () => {
    const later = seen({ machines: machines(m1, m2), files: threeApis, rows: rows('machine-death', 16) })
    expect(later.units.get('api@3.service')).toMatchObject({ wanted: 'launched', target: m3, reports: [] })
  })

  it('without any row is not believed while units should be on machines (the time after a frozen etcd)', () => {
    const view = viewOf({ machines: machines(...ids), files: threeApis, rows: [] })
    expect(view).toEqual({
      kind: 'unknown',
      reason: 'fleet has no report of any unit though 3 units should be on machines: reports are late, wait for them',
    })
    const stopped = viewOf({
      machines: machines(...ids),
      files: [file('a.service', m1, { dstate: 'loaded' })],
      rows: [],
    })
    expect(stopped.kind).toBe('unknown')
  })

  it('without any row is believed when no unit is on a machine: nothing scheduled yet, templates, global units', () => {
    const files = [
      template,
      file('api@1.service', null, { state: 'inactive' }),
      file('glob.service', null, { global: true, state: null }),
      file('old.service', m1, { dstate: 'inactive' }),
    ]
    const view = seen({ machines: machines(...ids), files, rows: [] })
    expect(view.units.get('api@1.service')).toMatchObject({ wanted: 'launched', target: null, reports: [] })
    expect(view.units.get('glob.service')).toMatchObject({ wanted: 'launched', global: true })
  })

  it('without any machine is not believed', () => {
    expect(viewOf({ machines: [], files: [], rows: [] }).kind).toBe('unknown')
    expect(viewOf({ machines: [], files: threeApis, rows: rows('machine-death', 7) }).kind).toBe('unknown')
  })

  it('has a report per machine for a global unit', () => {
    const files = [file('glob.service', null, { global: true, state: null })]
    const view = seen({ machines: machines(...ids), files, rows: rows('global-unit', 28) })
    expect(view.units.get('glob.service')?.reports.map(({ machine, sub }) => [machine, sub])).toEqual([
      [m1, 'running'],
      [m2, 'dead'],
      [m3, 'dead'],
    ])
  })
})

describe('a series of polls', () => {
  /** Polls that take 100 ms each, `every` milliseconds apart. */
  function series(scenario: string, steps: readonly number[], every = 500): KnownView[] {
    const views: KnownView[] = []
    for (const [index, step] of steps.entries()) {
      const startedAt = index * every
      const view = seen({ machines: machines(...ids), files: threeApis, rows: rows(scenario, step) })
      views.push(track(views.at(-1) ?? null, view, { startedAt, endedAt: startedAt + 100 }))
    }
    return views
  }
  const of = (unit: string, views: readonly KnownView[]) =>
    views.map((view) => ({ ...view.units.get(unit)?.sameFor, flaps: view.units.get(unit)?.flaps }))

  it('counts how long the reports are the same, from the end of the first look', () => {
    expect(of('api@1.service', series('machine-death', [7, 7, 7]))).toEqual([
      { views: 1, since: 100, flaps: 0 },
      { views: 2, since: 100, flaps: 0 },
      { views: 3, since: 100, flaps: 0 },
    ])
  })

  it('begins anew with any other state', () => {
    const looks = of('loop.service', series('crash-loop', [17, 23, 23, 17]))
    expect(looks.map(({ views, since }) => [views, since])).toEqual([
      [1, 100],
      [1, 600],
      [2, 600],
      [1, 1600],
    ])
  })

  it('counts a crash loop from running to auto-restart, until it is seen stopped', () => {
    const looks = of('loop.service', series('crash-loop', [17, 23, 17, 23, 17, 23, 75]))
    expect(looks.map(({ flaps }) => flaps)).toEqual([0, 1, 1, 2, 2, 3, 0])
  })

  it('counts a crash loop that is too quick to be seen running, and no auto-restart twice', () => {
    const [beginning = [], waiting = []] = [17, 23].map((step) => rows('crash-loop', step))
    const before = beginning.map((row) => ({ ...row, active: 'activating', sub: 'start-pre' }))
    const unheard = beginning.map((row) => ({ ...row, load: '', active: '', sub: '' }))
    const views: KnownView[] = []
    for (const some of [before, waiting, waiting, before, waiting, unheard, waiting, before, waiting]) {
      const startedAt = views.length * 500
      const view = seen({ machines: machines(...ids), files: threeApis, rows: some })
      views.push(track(views.at(-1) ?? null, view, { startedAt, endedAt: startedAt + 100 }))
    }
    expect(of('loop.service', views).map(({ flaps }) => flaps)).toEqual([0, 1, 1, 1, 2, 2, 2, 2, 3])
  })

  it('begins anew after a gap in which nobody looked, as anything may have happened there', () => {
    const looks = of('api@1.service', series('machine-death', [7, 7], 5_200))
    expect(looks.map(({ views }) => views)).toEqual([1, 1])
    const slow = of('api@1.service', series('machine-death', [7, 7], 5_000))
    expect(slow.map(({ views }) => views)).toEqual([1, 2])
  })

  it('is not the same when only the machine is no longer heard of', () => {
    const at = (startedAt: number) => ({ startedAt, endedAt: startedAt + 100 })
    const before = seen({ machines: machines(...ids), files: threeApis, rows: rows('machine-death', 7) })
    const dead = seen({ machines: machines(m1, m2), files: threeApis, rows: rows('machine-death', 13) })
    const view = track(track(null, before, at(0)), dead, at(500))
    expect(view.units.get('api@3.service')?.sameFor.views).toBe(1)
    expect(view.units.get('api@2.service')?.sameFor.views).toBe(2)
  })
})

describe('a list that lacks what was there', () => {
  const at = (n: number) => ({ startedAt: n * 500, endedAt: n * 500 + 100 })
  const whole = () => seen({ machines: machines(...ids), files: threeApis, rows: rows('machine-death', 7) })

  it('is no answer when it has no unit file at all though machines report units', () => {
    const lists = { machines: machines(...ids), files: [], rows: rows('machine-death', 7) }
    expect(viewOf(lists)).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('no unit file') as unknown })
  })

  it('keeps in view what vanished from both lists, wanted by nobody and reported by none, and counts the looks', () => {
    const first = track(null, whole(), at(0))
    const without = seen({
      machines: machines(...ids),
      files: threeApis.filter((one) => one.unit !== 'api@3.service'),
      rows: rows('machine-death', 7).filter((one) => one.unit !== 'api@3.service'),
    })
    const second = track(first, without, at(1))
    const third = track(second, without, at(2))
    expect(second.units.get('api@3.service')).toMatchObject({ wanted: 'absent', reports: [], wantedFor: 1 })
    expect(third.units.get('api@3.service')).toMatchObject({ wantedFor: 2, sameFor: { views: 2, since: 600 } })
    expect(track(third, whole(), at(3)).units.get('api@3.service')).toMatchObject({ wanted: 'launched', wantedFor: 1 })
  })
})
