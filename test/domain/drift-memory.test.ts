import { describe, expect, it } from 'vitest'
import { judge, type DriftLook, type DriftMemory, type SeenProcess } from '../../src/domain/drift-memory.ts'
import { ended } from '../support/left.ts'

const noon = Date.UTC(2026, 0, 5, 12)
const hour = 3_600_000

const process = (n: number, over: Partial<SeenProcess> = {}): SeenProcess => ({
  unit: `api@${n}.service`,
  identity: `start ${n}`,
  announced: null,
  machine: `m${n}`,
  ...over,
})
const look = (over: Partial<DriftLook> = {}): DriftLook => ({
  ended: ended(7, 0),
  findings: [],
  unseen: null,
  processes: [process(1), process(2)],
  ...over,
})
const memory = (over: Partial<DriftMemory> = {}): DriftMemory => ({
  rollout: 7,
  processes: [process(1), process(2)],
  told: [],
  restarts: [],
  lines: 0,
  sending: null,
  ...over,
})
const same = (before: DriftMemory | null, over: Partial<DriftLook>, now = noon) =>
  judge(before, look(over), look(over), now)

describe('What two looks find', () => {
  it('is nothing to say when all is as left, and remembered', () => {
    expect(same(null, {})).toEqual({ news: null, memory: memory() })
    expect(same(memory(), {})).toEqual({ news: null, memory: memory() })
  })

  it('is told when both saw it, once, and anew when more comes', () => {
    const first = same(memory(), { findings: ['a'] })
    expect(first.news).toEqual({ kind: 'parted', findings: ['a'] })
    const second = same(first.memory, { findings: ['a'] })
    expect(second).toEqual({ news: null, memory: first.memory })
    const third = same(first.memory, { findings: ['a', 'b'] })
    expect(third.news).toEqual({ kind: 'parted', findings: ['b'] })
    expect(third.memory.told).toEqual(['a', 'b'])
  })

  it('is nothing when only one of them saw it', () => {
    expect(judge(memory(), look({ findings: ['a'] }), look(), noon)).toEqual({ news: null, memory: memory() })
    expect(judge(memory(), look(), look({ findings: ['a'] }), noon)).toEqual({ news: null, memory: memory() })
  })

  it('is all as left again once neither sees any of it, told once', () => {
    const before = memory({ told: ['a', 'b'] })
    expect(same(before, { findings: ['b'] })).toEqual({ news: null, memory: memory({ told: ['b'] }) })
    expect(judge(before, look(), look({ findings: ['a'] }), noon).news).toBeNull()
    const after = same(before, {})
    expect(after).toEqual({ news: { kind: 'as-left' }, memory: memory() })
    expect(same(after.memory, {}).news).toBeNull()
  })

  it('is not gone when it could not be seen', () => {
    const before = memory({ told: ['a'] })
    expect(same(before, { unseen: 'the registry is away' })).toEqual({ news: null, memory: before })
    expect(same(before, { unseen: 'the registry is away', findings: ['b'] }).memory.told).toEqual(['a', 'b'])
  })
})

describe('A restart', () => {
  const again = { processes: [process(1), process(2, { identity: 'start 3' })] }
  const text = 'api@2.service was restarted outside of Opsee (by hand, or it crashed)'

  it('is known by the identity of the process, and told once', () => {
    const { news, memory: after } = same(memory(), again)
    expect(news).toEqual({ kind: 'parted', findings: [text] })
    expect(after.restarts).toEqual([{ unit: 'api@2.service', moved: false, at: noon, toldAt: noon }])
    expect(same(after, again)).toEqual({ news: null, memory: after })
  })

  it('of one that crashes on and on is told once a day', () => {
    const first = same(memory(), again).memory
    const crash = (n: number) => ({ processes: [process(1), process(2, { identity: `crash ${n}` })] })
    const second = same(first, crash(1), noon + hour)
    expect(second.news).toBeNull()
    expect(second.memory.restarts).toMatchObject([{ at: noon + hour, toldAt: noon }])
    expect(same(second.memory, crash(2), noon + 24 * hour).news).toEqual({ kind: 'parted', findings: [text] })
  })

  it('is none of ours to tell when a rollout ended in between', () => {
    const { news, memory: after } = same(
      memory({ restarts: [{ unit: 'api@1.service', moved: false, at: 1, toldAt: 1 }] }),
      {
        ...again,
        ended: ended(8, 0),
      },
    )
    expect(news).toBeNull()
    expect(after).toEqual(memory({ rollout: 8, processes: again.processes }))
  })

  it('is known by another machine, and by another key where there is no identity', () => {
    const moved = { processes: [process(1), process(2, { machine: 'm9' })] }
    expect(same(memory(), moved).news).toMatchObject({ findings: [expect.stringContaining('on another machine')] })
    const key = (announced: string) => ({ processes: [process(1, { identity: null, announced })] })
    expect(same(memory(key('h:api:1 at 1')), key('h:api:1 at 2')).news).not.toBeNull()
    // One that says that it is the same is the same, however it announces itself.
    const both = (announced: string) => ({ processes: [process(1, { announced })] })
    expect(same(memory(both('h:api:1 at 1')), both('h:api:1 at 2')).news).toBeNull()
  })

  it('is not made up where nothing tells one process from the next, and is seen after an answer was lost', () => {
    const silent = { processes: [process(1), process(2, { identity: null })] }
    const { news, memory: after } = same(memory(), silent)
    expect(news).toBeNull()
    expect(after).toEqual(memory())
    expect(same(after, { processes: [process(1)] }).memory).toEqual(memory())
    expect(same(after, again).news).not.toBeNull()
  })

  it('that only one look saw is left to the next one', () => {
    const { news, memory: after } = judge(memory(), look(), look(again), noon)
    expect({ news, after }).toEqual({ news: null, after: memory() })
  })
})
