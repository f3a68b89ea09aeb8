import { describe, expect, it } from 'vitest'
import type { Only, PlannedInstance, PlannedRelease } from '../../src/domain/plan.ts'
import { blockersFor } from '../../src/rollout/plan-blockers.ts'
import type { PlanInput } from '../../src/rollout/plan-input.ts'
import { digestOf, releaseOf } from '../support/releases.ts'
import { planInputOf, plannedInstance } from '../support/rollouts.ts'

const release: PlannedRelease = {
  at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
  from: digestOf('1'),
  to: releaseOf('1'),
  proof: { by: 'health', field: 'digest' },
}
const input = (change: Partial<PlanInput>): PlanInput => planInputOf({ release, named: true, ...change })
const instance = (n: number, runs: string | null): PlannedInstance =>
  plannedInstance(`api@${n}.service`, { machine: null, runs })
const kinds = (change: Partial<PlanInput>, ...runs: readonly (string | null)[]) =>
  blockersFor(
    input(change),
    [],
    runs.map((one, index) => instance(index + 1, one)),
    1,
  ).map((blocker) => [blocker.kind, blocker.force])

describe('A release that was named', () => {
  it('is not rolled when all run it already, unless forced', () => {
    expect(kinds({}, digestOf('1'), digestOf('1'))).toEqual([['there-already', true]])
  })

  it('is rolled when one runs another, does not say, or when the wanted one is to be moved', () => {
    expect(kinds({}, digestOf('1'), digestOf('2'))).toEqual([])
    expect(kinds({}, digestOf('1'), null)).toEqual([])
    expect(kinds({ release: { ...release, from: digestOf('2') } }, digestOf('1'))).toEqual([])
  })

  it('is rolled on what an earlier rollout left, and when nobody named it', () => {
    const left: Only = { units: ['api@1.service'], why: 'left' }
    expect(kinds({ only: left }, digestOf('1'))).toEqual([])
    expect(kinds({ named: false }, digestOf('1'))).toEqual([])
  })
})
