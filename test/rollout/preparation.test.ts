import { describe, expect, it } from 'vitest'
import type { Fact } from '../../src/domain/event.ts'
import type { Plan } from '../../src/domain/plan.ts'
import type { Release } from '../../src/domain/release.ts'
import { lineOf } from '../../src/narrator/lines.ts'
import { rootMessage } from '../../src/narrator/board.ts'
import { planOf, scaleOf } from '../support/rollouts.ts'
import { gate, migrate, World } from './world.ts'

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
const [v1, v2, other] = [digest('1'), digest('2'), digest('9')]
const to = (of: string, version: string): Release => ({
  digest: of,
  tag: version,
  revision: null,
  version,
  source: null,
  builtAt: null,
})
const release: Plan['release'] = {
  at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
  from: v1,
  to: to(v2, 'v2'),
  proof: { by: 'health', field: 'digest' },
}
const plan = (change: Parameters<typeof planOf>[0] = {}): Plan =>
  planOf({ gate, release, preparation: migrate, ...change })

const kinds = (world: World): readonly Fact['kind'][] => world.facts.map((fact) => fact.kind)
const calls = (world: World): readonly string[] => world.log.map((one) => one.what)
const told = (world: World): string =>
  world.facts
    .map((fact, seq) => lineOf({ rollout: 1, seq, at: 0, fact }, world.rollout))
    .filter((line) => line !== null)
    .join('\n')
const person = { id: 'U2', name: 'bob' }
const output = { lines: ['creating table orders'], cut: false }

function turnUntil(world: World, reached: () => boolean, turns = 1000): void {
  for (let turn = 0; turn < turns && !reached(); turn++) world.turn()
  expect(reached()).toBe(true)
}
const preparing = (world: World) => (): boolean => world.rollout.preparation?.stage === 'running'

describe('The preparation of a rollout', () => {
  it('runs once, before the release moves and before anything is stopped', () => {
    const world = new World(plan())
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world).slice(0, 3)).toEqual(['prepare', `want ${v2}`, 'stop api@1.service'])
    expect(calls(world).filter((what) => what === 'prepare')).toHaveLength(1)
    expect(kinds(world).slice(0, 4)).toEqual([
      'preparation-began',
      'preparation-done',
      'release-moving',
      'release-moved',
    ])
    expect(world.rollout.preparation?.stage).toBe('done')
    expect(told(world)).toContain(
      'Preparation: `migrate up` begins, for 5m at the most.\nPreparation: `migrate up` is done after 3s.\nIts output:\n```\n2 of 2\n```\nRelease:',
    )
  })

  it('runs before a release that is wanted already, and where nothing is known of releases', () => {
    for (const change of [{ release: { ...release, from: v2 } }, { release: null, gate: { kind: 'none' as const } }]) {
      const world = new World(plan(change))
      expect(world.run().phase).toBe('succeeded')
      expect(calls(world)[0]).toBe('prepare')
    }
  })

  it('may take longer than the progress deadline, and nobody calls that stuck', () => {
    const world = new World(plan({ progressDeadlineMs: 70_000 }))
    world.preparation = { ...world.preparation, ms: 280_000 }
    turnUntil(world, preparing(world))
    expect(rootMessage(world.rollout).text).toMatch(/ runs `migrate up` first, since .* UTC \(up to 5m\); 0 of 3 done$/)
    expect(world.run().phase).toBe('succeeded')
    expect(kinds(world)).not.toContain('stuck')
  })

  it.each([
    [{ kind: 'exit', code: 3 }, '`migrate up` exited with code 3 after 2s'],
    [{ kind: 'signal', signal: 'SIGSEGV' }, '`migrate up` was ended by SIGSEGV after 2s'],
    [{ kind: 'timeout', dead: true }, '`migrate up` was not done in time and was ended after 2s'],
    [
      { kind: 'timeout', dead: false },
      '`migrate up` was not done in time and was ended after 2s, but could not be killed: it may still run',
    ],
    [
      { kind: 'ended', by: 'stop', dead: true },
      '`migrate up` was ended after 2s, before it was done, as the bot was told to end',
    ],
    [
      { kind: 'not-run', reason: 'migrate was not found in PATH' },
      '`migrate up` was not run: migrate was not found in PATH',
    ],
  ] as const)('that ends with %j fails the rollout, with nothing changed', (fault, reason) => {
    const world = new World(plan({ rollback: { to: to(v1, 'v1'), id: 7, afterMs: 30_000 } }))
    const tookMs = fault.kind === 'not-run' ? null : 2000
    world.preparation = { ms: 1000, end: { kind: 'failed', fault, tookMs, output } }
    expect(world.run().phase).toBe('failed')
    expect(world.rollout.ending).toEqual({ kind: 'failed', unit: null, reason })
    expect(calls(world)).toEqual(['prepare'])
    expect(world.wanted).toBe(v1)
    expect(kinds(world)).toEqual(['preparation-began', 'preparation-failed', 'failing', 'ended'])
    const lines = told(world)
    expect(lines).toContain(
      `Preparation: ${reason}. Neither the release nor any instance was changed.\nIts output:\n\`\`\`\ncreating table orders\n\`\`\``,
    )
    expect(lines).toContain('the tag production of quay.io/opsee/api was not moved')
    expect(lines).toContain('`@opsee retry 1` runs `migrate up` again and rolls the 3 that are left')
    expect(lines.split(reason)).toHaveLength(3)
  })

  it('is not run again by whoever takes the rollout over while it runs: nobody knows what came of it', () => {
    const world = new World(plan())
    turnUntil(world, preparing(world))
    const since = world.rollout.preparation?.since ?? 0
    world.restart()
    expect(world.run().phase).toBe('failed')
    expect(calls(world)).toEqual(['prepare'])
    expect(world.facts.find((fact) => fact.kind === 'preparation-failed')).toMatchObject({
      fault: { kind: 'unknown', until: since + 300_000 },
      tookMs: null,
    })
    expect(world.rollout.ending).toMatchObject({
      reason: expect.stringContaining(
        'the bot was ended while `migrate up` ran: whether it did its work is not known',
      ) as unknown,
    })
    expect(told(world)).toContain('Look, then `@opsee retry 1` runs it again.')
  })

  it('that was stored and not started, as the process ended there, is started by nobody else', () => {
    const world = new World(plan())
    while (!preparing(world)()) world.turn({ crash: 'before-calls' })
    expect(world.run().phase).toBe('failed')
    expect(calls(world)).toEqual([])
  })

  it('is ended by an abort, and the thread says that it was not done', () => {
    const world = new World(plan())
    turnUntil(world, preparing(world))
    world.abort = { by: person, reason: 'wrong one' }
    expect(world.run().phase).toBe('aborted')
    expect(calls(world)).toEqual(['prepare'])
    expect(kinds(world)).toEqual(['preparation-began', 'abort-asked', 'preparation-failed', 'ended'])
    expect(told(world)).toContain('`migrate up` was ended after 1s, before it was done.')
  })

  it('that was done when the abort came stays done, and nothing else is begun', () => {
    const world = new World(plan())
    world.preparation = { ...world.preparation, ms: 100 }
    turnUntil(world, preparing(world))
    world.abort = { by: person, reason: null }
    expect(world.run().phase).toBe('aborted')
    expect(world.rollout.preparation?.stage).toBe('done')
    expect(calls(world)).toEqual(['prepare'])
  })

  it('is not begun after an abort', () => {
    const world = new World(plan())
    world.abort = { by: person, reason: null }
    expect(world.run().phase).toBe('aborted')
    expect(calls(world)).toEqual([])
  })

  it('runs to its end under a pause, which then rests; it is not run again when that is lifted', () => {
    const world = new World(plan())
    turnUntil(world, preparing(world))
    world.pause = { kind: 'pause', by: person, reason: 'lunch', at: 1 }
    turnUntil(world, () => world.rollout.phase === 'paused')
    expect(kinds(world)).toEqual(['preparation-began', 'pause-asked', 'preparation-done', 'paused'])
    expect(told(world)).toContain(
      '@bob pauses it ("lunch"): `migrate up` is brought to its end first, nothing new begins.',
    )
    world.pause = null
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world).filter((what) => what === 'prepare')).toHaveLength(1)
  })

  it.each([
    ['a lock of somebody else', (world: World, on: boolean) => void (world.holds = on ? ['api is locked by eve'] : [])],
    [
      'a pause',
      (world: World, on: boolean) => void (world.pause = on ? { kind: 'stop', by: person, reason: null, at: 1 } : null),
    ],
    [
      'an instance that is away',
      (world: World, on: boolean) => void (world.unit('api@3.service').hidden = on ? 1000 : 0),
    ],
    [
      'a registry that does not answer',
      (world: World, on: boolean) => void (world.registryAway = on ? 'it is away' : null),
    ],
  ])('waits for %s, as the first batch would', (_, hold) => {
    const world = new World(plan())
    hold(world, true)
    for (let turn = 0; turn < 40; turn++) world.turn()
    expect(calls(world)).toEqual([])
    expect(world.rollout.preparation?.stage).toBe('waiting')
    hold(world, false)
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world)[0]).toBe('prepare')
  })

  it('is not run for a release that somebody else has moved on from', () => {
    const world = new World(plan())
    world.wanted = other
    expect(world.run().phase).toBe('failed')
    expect(calls(world)).toEqual([])
  })

  it('is not run again by a retry of a rollout that had done it', () => {
    const world = new World(plan({ preparation: { command: ['migrate', 'up'], timeoutMs: 1000, env: [], doneBy: 7 } }))
    world.rollout = { ...world.rollout, preparation: { stage: 'done', driver: null, since: 0 } }
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world)[0]).toBe(`want ${v2}`)
  })

  it('is not run again when the rollout is taken back', () => {
    const world = new World(plan({ rollback: { to: to(v1, 'v1'), id: 7, afterMs: 1000 } }))
    world.bad.add(v2)
    expect(world.run().phase).toBe('rolled-back')
    expect(calls(world).filter((what) => what === 'prepare')).toHaveLength(1)
  })

  it('is none of a scale', () => {
    const world = new World(scaleOf('add', { others: ['api@9.service'] }))
    expect(world.run().phase).toBe('succeeded')
    expect(calls(world)).not.toContain('prepare')
  })
})
