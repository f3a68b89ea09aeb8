import { describe, expect, it } from 'vitest'
import { meantBy, untouchedIn } from '../../src/domain/meant.ts'
import type { InstanceState, Phase, Rollout } from '../../src/domain/rollout.ts'
import { meantOf, meantUnit } from '../support/left.ts'
import { instanceOf, planOf, plannedInstance, rolloutOf } from '../support/rollouts.ts'

const [one, two, three, four] = [1, 2, 3, 4].map((n) => `api@${n}.service`)
const where = { id: 'm1', ip: '10.0.0.1' }

const instance = (unit: string, change: Partial<InstanceState> = {}): InstanceState =>
  instanceOf(plannedInstance(unit), 0, { stage: 'done', replaced: true, machine: where, upAt: 5, ...change })

const rollout = (
  id: number,
  phase: Phase,
  instances: readonly InstanceState[],
  plan: Partial<Rollout['plan']> = {},
): Rollout => rolloutOf(planOf({ units: [one ?? ''], ...plan }), { id, phase, instances: [...instances] })

describe('The instances that should exist', () => {
  it('are those of the last success, with its bystanders and without what it removed', () => {
    const old = rollout(8, 'succeeded', [instance(four ?? '')])
    const last = rollout(9, 'succeeded', [instance(one ?? ''), instance(three ?? '', { task: 'remove' })], {
      others: [two ?? ''],
    })
    expect(meantBy([old, last])).toEqual(meantOf(9, one ?? '', two ?? ''))
    expect(meantBy([])).toBeNull()
  })

  it('change by what a failure touched, and by nothing else', () => {
    const good = rollout(
      9,
      'succeeded',
      [one, two, three].map((unit) => instance(unit ?? '')),
    )
    const untouched = { stage: 'kept', replaced: false, machine: null } as const
    const failed = rollout(10, 'failed', [
      instance(one ?? ''),
      instance(two ?? '', { stage: 'failed' }),
      instance(three ?? '', untouched),
      instance(four ?? '', { task: 'add', stage: 'failed' }),
    ])
    expect(meantBy([good, failed])).toEqual({
      id: 10,
      units: [
        meantUnit(one ?? '', 10),
        meantUnit(two ?? '', 10, { how: 'failed' }),
        meantUnit(three ?? '', 9),
        meantUnit(four ?? '', 10, { how: 'failed' }),
      ],
    })
  })

  it('lack what a failed scale removed, and what an abort took back or never added', () => {
    const good = rollout(
      9,
      'succeeded',
      [one, two].map((unit) => instance(unit ?? '')),
    )
    const scaled = rollout(10, 'aborted', [
      instance(two ?? '', { task: 'remove' }),
      instance(three ?? '', { task: 'take-back', stage: 'kept' }),
      instance(four ?? '', { task: 'add', stage: 'waiting', replaced: false, machine: null }),
    ])
    expect(meantBy([good, scaled])?.units).toEqual([meantUnit(one ?? '', 9)])
  })

  it('are those of the only rollout, also when that one failed', () => {
    const failed = rollout(1, 'failed', [instance(one ?? '', { stage: 'failed' })], { others: [two ?? ''] })
    expect(meantBy([failed])).toEqual({
      id: 1,
      units: [meantUnit(one ?? '', 1, { how: 'failed' }), meantUnit(two ?? '', 1, { how: 'failed' })],
    })
  })

  it('do not change by a rollout that ended while it waited', () => {
    const waited = rollout(2, 'aborted', [instance(two ?? '', { stage: 'waiting', replaced: false, machine: null })])
    expect(meantBy([waited])).toBeNull()
    expect(meantBy([rollout(1, 'succeeded', [instance(one ?? '')]), waited])).toEqual(meantOf(1, one ?? ''))
  })

  it('include what a forced rollout left out, and remember that it never ran', () => {
    const made = rollout(8, 'failed', [instance(one ?? '', { stage: 'failed', machine: null, upAt: undefined })])
    const forced = rollout(9, 'succeeded', [instance(two ?? '')], {
      leftOut: [
        { unit: one ?? '', stopped: false },
        { unit: four ?? '', stopped: true },
      ],
    })
    expect(untouchedIn(forced)).toEqual([one])
    expect(meantBy([made, forced])).toEqual({
      id: 9,
      units: [
        meantUnit(two ?? '', 9),
        meantUnit(one ?? '', 9, { how: 'left-out', neverRan: true }),
        meantUnit(four ?? '', 9, { how: 'left-out', stopped: true }),
      ],
    })
  })

  it.each<readonly [string, Partial<InstanceState>, boolean]>([
    ['came up nowhere', { machine: null, upAt: undefined }, true],
    ['came up once and fell', { machine: null, upAt: undefined, drops: 1 }, false],
    ['was seen running, and lost its machine', { machine: null, upAt: 5 }, false],
    ['was not stopped yet', { machine: null, upAt: undefined, replaced: false }, false],
  ])('never ran only where nobody saw a new process: one that %s', (_, change, expected) => {
    const failed = rollout(8, 'failed', [instance(one ?? '', { stage: 'failed', ...change })])
    expect(meantBy([failed])?.units[0]?.neverRan).toBe(expected)
  })
})
