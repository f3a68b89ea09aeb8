import { describe, expect, it } from 'vitest'
import { notReplaced } from '../../demo/demo/replaced.ts'
import type { Instance } from '../../demo/fleet/start.ts'

const unit = 'bartnet@1.service'
const rolled = { instances: [{ unit }] }
const instance = (pid: number, startedAt: number, more: Partial<Instance> = {}): Instance => ({
  unit,
  machine: 'm1',
  ip: '127.0.0.2',
  pid,
  startedAt,
  active: 'active',
  sub: 'running',
  hash: '',
  starts: 1,
  ...more,
})
const old = instance(10, 1000)

describe('Whether an instance was really replaced', () => {
  it('is true of a new process that started later, here or on another machine', () => {
    expect(notReplaced(rolled, [old], [instance(11, 2000)])).toEqual([])
    expect(notReplaced(rolled, [old], [instance(10, 2000, { machine: 'm2' })])).toEqual([])
    const left = instance(10, 1000, { sub: 'dead', pid: null })
    expect(notReplaced(rolled, [old], [left, instance(11, 2000, { machine: 'm2' })])).toEqual([])
  })

  it('is not true of the same process, whatever it says of its start', () => {
    expect(notReplaced(rolled, [old], [old])).toEqual([`${unit} is still process 10 from 1970-01-01T00:00:01.000Z`])
    expect(notReplaced(rolled, [old], [instance(10, 2000)])).toHaveLength(1)
  })

  it('is not true of one that does not run, runs twice, or is older', () => {
    expect(notReplaced(rolled, [old], [])).toEqual([`${unit} does not run`])
    expect(notReplaced(rolled, [old], [instance(11, 2000, { sub: 'start-pre' })])).toEqual([`${unit} does not run`])
    expect(notReplaced(rolled, [old], [instance(11, 2000), instance(12, 2000, { machine: 'm2' })])).toEqual([
      `${unit} runs 2 times`,
    ])
    expect(notReplaced(rolled, [old], [instance(11, 900)])).toHaveLength(1)
  })
})
