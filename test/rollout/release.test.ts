import { describe, expect, it } from 'vitest'
import type { Plan } from '../../src/domain/plan.ts'
import { releaseStateText } from '../../src/domain/release-words.ts'
import type { Release } from '../../src/domain/release.ts'
import type { Fact } from '../../src/domain/event.ts'
import { planOf } from '../support/rollouts.ts'
import { gate, World } from './world.ts'

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
const [v1, v2, other] = [digest('1'), digest('2'), digest('9')]
const releaseOf = (of: string, version: string): Release => ({
  digest: of,
  tag: version,
  revision: null,
  version,
  source: null,
  builtAt: null,
})

const at = { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' } as const
const release: Plan['release'] = {
  at,
  from: v1,
  to: releaseOf(v2, 'v2'),
  proof: { by: 'health', field: 'digest' },
}
const rollback: Plan['rollback'] = { to: releaseOf(v1, 'v1'), id: 7, afterMs: 30_000 }
const plan = (change: Parameters<typeof planOf>[0] = {}): Plan => planOf({ gate, release, ...change })

const kinds = (world: World): readonly Fact['kind'][] => world.facts.map((fact) => fact.kind)
const calls = (world: World): readonly string[] => world.log.map((one) => one.what)
const person = { id: 'U2', name: 'bob' }

function turnUntil(world: World, reached: () => boolean, turns = 1000): void {
  for (let turn = 0; turn < turns && !reached(); turn++) world.turn()
  expect(reached()).toBe(true)
}

describe('The release of a rollout', () => {
  it('is wanted before anything is stopped, seen to be, and run by each instance at the end', () => {
    const world = new World(plan())
    world.run()
    expect(world.rollout.phase).toBe('succeeded')
    expect(calls(world)[0]).toBe(`want ${v2}`)
    expect(calls(world).filter((what) => what.startsWith('want'))).toHaveLength(1)
    expect(kinds(world).slice(0, 3)).toEqual(['release-moving', 'release-moved', 'batch-began'])
    expect(world.rollout.instances.map((one) => one.runs)).toEqual([v2, v2, v2])
    const healthy = world.facts.find((fact) => fact.kind === 'healthy')
    expect(healthy?.reason).toContain('it runs v2 (sha256:222222222222)')
  })

  it('is told again to one that did not hear it, and moved by nobody twice', () => {
    const world = new World(plan())
    world.turn({ crash: 'before-calls' })
    expect(world.wanted).toBe(v1)
    world.run()
    expect(world.rollout.phase).toBe('succeeded')
    expect(world.rollout.release).toEqual({ stage: 'moved', calls: 2, names: v2 })
  })

  it('that is wanted already is not moved, and proven all the same', () => {
    const world = new World(plan({ release: { ...release, from: v2 } }))
    world.run()
    expect(world.rollout.phase).toBe('succeeded')
    expect(calls(world).some((what) => what.startsWith('want'))).toBe(false)
  })

  it('which somebody else moved before the first step ends it, and nothing was touched', () => {
    const world = new World(plan())
    world.wanted = other
    world.run()
    expect(world.rollout.phase).toBe('failed')
    expect(calls(world)).toEqual([])
    expect(world.rollout.ending).toMatchObject({ reason: expect.stringContaining('somebody else moved it') })
  })

  it('which somebody else moves in the middle ends it before another instance is stopped', () => {
    const world = new World(plan({ rollback }))
    turnUntil(world, () => world.rollout.instances[0]?.stage === 'done')
    world.wanted = other
    world.turn()
    const stopped = calls(world).filter((what) => what.startsWith('stop')).length
    world.run()
    // What is another person's choice is not taken back.
    expect(world.rollout.phase).toBe('failed')
    expect(world.wanted).toBe(other)
    expect(calls(world).filter((what) => what.startsWith('stop'))).toHaveLength(stopped)
  })

  it('that nobody can look up holds it before anything is stopped, and is told once', () => {
    const world = new World(plan())
    world.registryAway = 'the registry did not answer within 5 s'
    for (let turn = 0; turn < 60; turn++) world.turn()
    expect(calls(world)).toEqual([])
    expect(kinds(world).filter((kind) => kind === 'held')).toHaveLength(1)
    world.registryAway = null
    world.run()
    expect(world.rollout.phase).toBe('succeeded')
  })

  it('that nobody can look up for the whole deadline fails it', () => {
    const world = new World(plan())
    world.registryAway = 'the registry did not answer within 5 s'
    world.run()
    expect(world.rollout.phase).toBe('failed')
    expect(calls(world)).toEqual([])
  })

  it('that an instance does not run fails it', () => {
    const world = new World(plan())
    turnUntil(world, () => world.rollout.instances[0]?.stage === 'proving')
    world.unit('api@1.service').runs = other
    world.run()
    expect(world.rollout.phase).toBe('failed')
    expect(world.rollout.ending).toMatchObject({
      unit: 'api@1.service',
      reason: expect.stringContaining('should run v2'),
    })
  })

  it('of which an instance does not say that it runs it is waited for until the deadline', () => {
    const world = new World(plan())
    turnUntil(world, () => world.rollout.instances[0]?.stage === 'proving')
    world.unit('api@1.service').runs = null
    world.run()
    expect(world.rollout.phase).toBe('failed')
    expect(world.rollout.ending).toMatchObject({ reason: expect.stringContaining('does not say which release') })
  })

  it('that cannot be proven is called unverified', () => {
    const world = new World(plan({ release: { ...release, proof: { by: 'none' } } }))
    world.run()
    expect(world.rollout.phase).toBe('succeeded')
    expect(world.facts.find((fact) => fact.kind === 'healthy')?.reason).toContain('unverified')
  })

  it('which an instance pulls before its turn is named once, and its turn comes all the same', () => {
    const world = new World(plan())
    turnUntil(world, () => world.rollout.release?.stage === 'moved')
    Object.assign(world.unit('api@3.service'), { runs: v2, process: 9 })
    world.run()
    expect(world.rollout.phase).toBe('succeeded')
    expect(world.facts.filter((fact) => fact.kind === 'early')).toMatchObject([{ unit: 'api@3.service' }])
    expect(calls(world)).toContain('stop api@3.service')
  })
})

describe('The last words on releases', () => {
  const told = (world: World): string | null => releaseStateText(world.rollout)

  it('are none where all of it agrees', () => {
    const world = new World(plan())
    world.run()
    expect(world.rollout.phase).toBe('succeeded')
    expect(told(world)).toBeNull()
  })

  it('say what the tag names by then, though every instance runs what was planned', () => {
    const world = new World(plan())
    turnUntil(world, () => world.rollout.instances[2]?.stage === 'proving')
    world.wanted = other
    world.run()
    expect(world.rollout.phase).toBe('succeeded')
    expect(told(world)).toContain('names sha256:999999999999, and no longer v2 (sha256:222222222222): somebody else')
    expect(told(world)).toContain('api@1, api@2 and api@3 run sha256:222222222222')
  })

  it('name what it was moved to before the first step, and not what was planned from', () => {
    const world = new World(plan())
    world.wanted = other
    world.run()
    expect(told(world)).toContain('was not moved, and names sha256:999999999999')
  })

  it('do not say of a sick instance that it runs what ran before', () => {
    const world = new World(plan({ progressDeadlineMs: 60_000 }))
    world.bad.add(v2)
    world.run()
    expect(world.rollout.phase).toBe('failed')
    expect(told(world)).toContain('api@1 does not say what it runs, api@2 and api@3 run sha256:111111111111')
  })

  it('come after a failure where a proven instance was started again with something else', () => {
    const world = new World(plan())
    turnUntil(world, () => world.rollout.instances[2]?.stage === 'proving')
    Object.assign(world.unit('api@1.service'), { runs: other, process: 9 })
    world.run()
    expect(world.rollout.phase).toBe('failed')
    expect(world.rollout.ending).toMatchObject({
      unit: 'api@1.service',
      reason: expect.stringContaining('it runs sha256:999999999999 by now, and should run v2'),
    })
    expect(told(world)).toContain('api@1 runs sha256:999999999999')
  })
})

describe('A failure that takes itself back', () => {
  const failing = (change: Parameters<typeof planOf>[0] = {}): World => {
    const world = new World(plan({ rollback, progressDeadlineMs: 60_000, ...change }))
    world.bad.add(v2)
    return world
  }
  const counting = (world: World): boolean => world.rollout.rollback?.stage === 'countdown'

  it('counts down, wants the good release again, and rolls the changed instances alone', () => {
    const world = failing()
    world.run()
    expect(world.rollout.phase).toBe('rolled-back')
    expect(world.wanted).toBe(v1)
    expect(world.rollout.instances.map((one) => world.unit(one.unit).runs)).toEqual([v1, v1, v1])
    expect(calls(world).some((what) => /stop api@[23]/.test(what))).toBe(false)
    expect(world.rollout.instances.map((one) => one.stage)).toEqual(['done', 'kept', 'kept'])
    expect(kinds(world).filter((kind) => kind === 'ended')).toHaveLength(1)
    const due = world.facts.find((fact) => fact.kind === 'rollback-due')
    expect(due).toMatchObject({ id: 7, to: { digest: v1 }, forMs: 30_000 })
  })

  it('takes back all that were changed, never more at once than the plan allows', () => {
    const world = failing()
    world.bad.delete(v2)
    turnUntil(world, () => world.rollout.instances[1]?.stage === 'done')
    world.bad.add(v2)
    let most = 0
    turnUntil(world, () => counting(world))
    world.bad.delete(v2)
    while (world.rollout.phase === 'rolling-back') {
      world.turn()
      most = Math.max(most, world.away().length)
    }
    expect(world.rollout.phase).toBe('rolled-back')
    expect(world.rollout.instances.map((one) => world.unit(one.unit).runs)).toEqual([v1, v1, v1])
    expect(most).toBeLessThanOrEqual(1)
  })

  it('does nothing while the countdown runs, whoever drives it', () => {
    const world = failing()
    turnUntil(world, () => counting(world))
    const before = calls(world).length
    const until = world.rollout.rollback?.dueAt ?? 0
    while (world.now < until - 1000) {
      world.turn()
      if (world.now % 4000 === 0) world.restart()
    }
    expect(calls(world)).toHaveLength(before)
    expect(counting(world)).toBe(true)
  })

  it('is stopped by an abort: it stays failed, and as it is', () => {
    const world = failing()
    turnUntil(world, () => counting(world))
    world.abort = { by: person, reason: null }
    const before = calls(world).length
    world.run()
    expect(world.rollout.phase).toBe('failed')
    expect(world.wanted).toBe(v2)
    expect(calls(world)).toHaveLength(before)
    expect(kinds(world)).toContain('rollback-stopped')
  })

  it('is hurried and put off by a person, and an old word is no new one', () => {
    const world = failing()
    turnUntil(world, () => counting(world))
    world.go = { by: person, at: world.now, forMs: 300_000, audit: 41 }
    world.turn()
    expect(world.rollout.rollback?.dueAt).toBe(world.go.at + 300_000)
    for (let turn = 0; turn < 100; turn++) world.turn()
    expect(kinds(world).filter((kind) => kind === 'rollback-put-off')).toHaveLength(1)
    world.go = { by: person, at: world.now, forMs: 0, audit: 42 }
    world.turn()
    expect(kinds(world)).toContain('rolling-back')
    world.run()
    expect(world.rollout.phase).toBe('rolled-back')
  })

  it('stands still while it is paused', () => {
    const world = failing()
    turnUntil(world, () => counting(world))
    world.pause = { kind: 'pause', by: person, reason: null, at: 5 }
    for (let turn = 0; turn < 200; turn++) world.turn()
    expect(world.rollout.phase).toBe('paused')
    world.pause = null
    world.run()
    expect(world.rollout.phase).toBe('rolled-back')
  })

  it('fails loudly when the good release is not well either, and stops there', () => {
    const world = failing()
    world.bad.add(v1)
    world.run()
    expect(world.rollout.phase).toBe('rollback-failed')
    expect(kinds(world).filter((kind) => kind === 'rollback-due')).toHaveLength(1)
    const ended = world.facts.find((fact) => fact.kind === 'ended')
    expect(ended).toMatchObject({ phase: 'rollback-failed', reason: expect.stringContaining('the rollback to v1') })
  })

  it('is no matter of an abort, nor of a failure that touched nothing', () => {
    const aborted = failing()
    turnUntil(aborted, () => aborted.rollout.instances[0]?.stage === 'proving')
    aborted.abort = { by: person, reason: null }
    aborted.run()
    expect(aborted.rollout.phase).toBe('aborted')
    const untouched = failing()
    untouched.registryAway = 'the registry does not answer'
    untouched.run()
    expect(untouched.rollout.phase).toBe('failed')
    expect(calls(untouched)).toEqual([])
  })

  it('goes on after a crash at any step', () => {
    for (let crashAt = 0; crashAt < 220; crashAt += 3) {
      const world = failing()
      for (let turn = 0; turn < 2000 && world.rollout.endedAt === null; turn++) {
        world.turn(turn === crashAt ? { crash: turn % 2 === 0 ? 'before-calls' : 'after-calls' } : {})
      }
      expect([crashAt, world.rollout.phase, world.wanted]).toEqual([crashAt, 'rolled-back', v1])
    }
  })
})

describe('A canary', () => {
  const canaryPlan = (): Plan => plan({ canary: true, canarySteadyMs: 60_000 })

  it('serves for its own steady time before the next batch begins', () => {
    const world = new World(canaryPlan())
    turnUntil(world, () => world.rollout.batch === 1)
    const began = world.now
    turnUntil(world, () => calls(world).includes('stop api@2.service'))
    expect(world.now - began).toBeGreaterThanOrEqual(60_000)
    expect(kinds(world)).toContain('canary-passed')
    world.run()
    expect(world.rollout.phase).toBe('succeeded')
  })

  it('is let go on by a person', () => {
    const world = new World(canaryPlan())
    turnUntil(world, () => world.rollout.batch === 1)
    world.go = { by: person, at: world.now, forMs: 0, audit: 9 }
    world.turn()
    expect(calls(world)).toContain('stop api@2.service')
    expect(world.facts.find((fact) => fact.kind === 'canary-passed')).toMatchObject({ by: person })
  })

  it('that falls in its time fails the rollout, and no other instance is touched', () => {
    const world = new World(canaryPlan())
    turnUntil(world, () => world.rollout.batch === 1)
    world.unit('api@1.service').healthy = false
    world.run()
    expect(world.rollout.phase).toBe('failed')
    expect(calls(world).some((what) => /api@[23]/.test(what))).toBe(false)
  })
})
