import { describe, expect, it } from 'vitest'
import { driftOf, type DriftInput, type DriftInstance } from '../../src/domain/drift.ts'
import { digestOf, releaseOf } from '../support/releases.ts'

const instance = (n: number, over: Partial<DriftInstance> = {}): DriftInstance => ({
  unit: `api@${n}.service`,
  wanted: true,
  running: true,
  says: digestOf('1'),
  oldFile: false,
  ...over,
})
const together: DriftInput = {
  at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
  wanted: digestOf('1'),
  good: { id: 7, release: releaseOf('1') },
  left: { id: 7, units: ['api@1.service', 'api@2.service'] },
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

  it('is nothing that nobody knows: no release, no answer, no rollout, no word', () => {
    const silent = [instance(1, { says: null }), instance(2, { says: null })]
    expect(driftOf({ at: null, wanted: undefined, good: null, left: null, instances: silent })).toEqual([])
    expect(driftOf({ ...together, wanted: undefined, instances: silent })).toEqual([])
    expect(driftOf({ ...together, good: { id: 7, release: null } })).toEqual([])
  })
})
