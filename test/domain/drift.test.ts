import { describe, expect, it } from 'vitest'
import { driftOf, type DriftInput, type DriftInstance } from '../../src/domain/drift.ts'
import { meantOf, meantUnit } from '../support/left.ts'
import { digestOf, releaseOf } from '../support/releases.ts'

const instance = (n: number, over: Partial<DriftInstance> = {}): DriftInstance => ({
  unit: `api@${n}.service`,
  wanted: true,
  running: true,
  says: digestOf('1'),
  oldFile: false,
  file: 'a1',
  everywhere: false,
  ...over,
})
const together: DriftInput = {
  at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
  wanted: digestOf('1'),
  good: { id: 7, release: releaseOf('1') },
  left: meantOf(7, 'api@1.service', 'api@2.service'),
  rolled: true,
  instances: [instance(1), instance(2)],
}

describe('What has parted', () => {
  it('is nothing when all is as it was left', () => {
    expect(driftOf(together)).toEqual([])
  })

  it.each<[string, Partial<DriftInput>, string]>([
    [
      'a tag moved outside',
      { wanted: digestOf('2'), instances: [], left: null },
      'the tag production of quay.io/opsee/api names sha256:222222222222, and rollout 7 left',
    ],
    ['a tag that is gone', { wanted: null, instances: [], left: null }, 'names nothing'],
    [
      'another release',
      { instances: [instance(1), instance(2, { says: digestOf('3') })] },
      'api@2.service runs sha256:333333333333, which is not what is wanted',
    ],
    [
      'an old unit file',
      { instances: [instance(1, { oldFile: true }), instance(2)] },
      'api@1.service runs an old unit file',
    ],
    ['a missing instance', { instances: [instance(1)] }, 'api@2.service is missing: rollout 7 left it running'],
    [
      'one too many',
      { instances: [instance(1), instance(2), instance(3)] },
      'api@3.service is extra: rollout 7 left no such instance',
    ],
    [
      'one that does not run',
      { instances: [instance(1), instance(2, { running: false, says: null })] },
      'api@2.service is wanted running, and does not run',
    ],
    [
      'one that was stopped',
      { instances: [instance(1), instance(2, { wanted: false, running: false, says: null })] },
      'api@2.service is not wanted running any more: rollout 7 left it running',
    ],
  ])('is %s', (_, over, finding) => {
    const findings = driftOf({ ...together, ...over })
    expect(findings).toHaveLength(1)
    expect(findings[0]?.text).toContain(finding)
  })

  it('is nothing on a target that was never rolled out, whatever its instances do', () => {
    const odd = [instance(1, { running: false }), instance(2, { says: digestOf('3'), oldFile: true })]
    expect(driftOf({ ...together, good: null, left: null, rolled: false, instances: odd })).toEqual([])
  })

  it('is a different unit file on each of three instances, also where no template says which one is right', () => {
    const instances = [1, 2, 3].map((n) => instance(n, { file: `a${n}` }))
    const said = 'api@1.service, api@2.service and api@3.service run 3 different unit files'
    const left = meantOf(7, ...instances.map(({ unit }) => unit))
    for (const rolled of [true, false])
      expect(driftOf({ ...together, left, rolled, instances }).map(({ text }) => text)).toEqual([said])
    const one = instances.map((some) => ({ ...some, wanted: some.unit === 'api@1.service', running: false }))
    expect(driftOf({ ...together, left: null, rolled: false, instances: one })).toEqual([])
    const stale = instances.map((some) => ({ ...some, oldFile: some.file !== 'a3' }))
    expect(driftOf({ ...together, left, instances: stale }).map(({ text }) => text)).toEqual([
      'api@1.service runs an old unit file',
      'api@2.service runs an old unit file',
    ])
  })

  it('is not an instance that a rollout left out, and is one that was left stopped and runs', () => {
    const leftOut = meantUnit('api@3.service', 7, { how: 'left-out' })
    const left = { id: 7, units: [...meantOf(7, 'api@1.service', 'api@2.service').units, leftOut] }
    const instances = [instance(1), instance(2), instance(3)]
    expect(driftOf({ ...together, left, instances })).toEqual([])
    expect(driftOf({ ...together, left, instances: instances.slice(0, 2) }).map(({ text }) => text)).toEqual([
      'api@3.service is missing: rollout 7 left it out of its plan',
    ])
    const stopped = { ...left, units: left.units.map((one) => ({ ...one, stopped: one.unit === 'api@3.service' })) }
    expect(driftOf({ ...together, left: stopped, instances: instances.slice(0, 2) })).toEqual([])
    expect(driftOf({ ...together, left: stopped, instances }).map(({ text }) => text)).toEqual([
      'api@3.service was started outside of Opsee: rollout 7 left it stopped',
    ])
  })

  it('is nothing that nobody knows: no release, no answer, no rollout, no word', () => {
    const silent = [instance(1, { says: null }), instance(2, { says: null })]
    expect(driftOf({ at: null, wanted: undefined, good: null, left: null, rolled: true, instances: silent })).toEqual(
      [],
    )
    expect(driftOf({ ...together, wanted: undefined, instances: silent })).toEqual([])
    expect(driftOf({ ...together, good: { id: 7, release: null } })).toEqual([])
  })
})
