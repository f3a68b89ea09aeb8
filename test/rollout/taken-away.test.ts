import { describe, expect, it } from 'vitest'
import { lineOf } from '../../src/narrator/lines.ts'
import type { ClusterView, JournalReading } from '../../src/ports/scheduler.ts'
import { createRedact, masked } from '../../src/config/redact.ts'
import { withJournal } from '../../src/rollout/failure-journal.ts'
import { planOf } from '../support/rollouts.ts'
import { World } from './world.ts'

/** Instances that somebody destroys, unloads or stops while their rollout is in progress. */

const first = 'api@1.service'

const destroy = (world: World): void => void Object.assign(world.unit(first), { wanted: 'absent', state: 'none' })
const takings: Readonly<Record<string, (world: World) => void>> = {
  destroyed: destroy,
  unloaded: (world) => void Object.assign(world.unit(first), { wanted: 'inactive', state: 'none' }),
  stopped: (world) => void Object.assign(world.unit(first), { wanted: 'loaded', state: 'dead' }),
}

function until(world: World, so: () => boolean): void {
  for (let turn = 0; turn < 1000 && !so(); turn++) world.turn()
  expect(so()).toBe(true)
}

const endLine = (world: World): string => {
  const fact = world.facts.at(-1)
  return fact === undefined ? '' : (lineOf({ rollout: 1, seq: 1, at: world.now, fact }, world.rollout) ?? '')
}
const calls = (world: World) => world.log.map(({ what }) => what)

describe('an instance that was replaced and is then', () => {
  it.each<readonly [keyof typeof takings, reason: string, next: string]>([
    [
      'destroyed',
      'is gone: somebody destroyed it after it was replaced',
      '`@opsee scale api production 3` makes it again',
    ],
    [
      'unloaded',
      'is on no machine any more: somebody unloaded it after it was replaced',
      '`@opsee scale api production 3` makes it again',
    ],
    [
      'stopped',
      'does not run any more: somebody stopped it after it was replaced',
      '`@opsee restart api@1 production` starts it',
    ],
  ])('%s by somebody ends the rollout at once, and says what to type', (how, reason, next) => {
    const world = new World(planOf())
    until(world, () => world.rollout.instances[2]?.stage === 'stopping')
    world.pass(15_000)
    takings[how]?.(world)
    const at = world.now
    expect(world.run()).toMatchObject({ phase: 'failed', ending: { unit: first, reason: `${first} ${reason}` } })
    expect(world.now - at).toBeLessThan(25_000)
    expect(endLine(world)).toContain(next)
    expect(calls(world).filter((what) => what.endsWith(first))).toEqual([`stop ${first}`, `start ${first}`])
  })
})

describe('an instance that somebody destroys', () => {
  it.each(['stopping', 'starting', 'proving'] as const)(
    'while it is %s ends the rollout at once, and is not made again from its template',
    (stage) => {
      const world = new World(planOf({ settleMs: 20_000 }))
      world.startMs = 8000
      world.stopMs = 8000
      until(world, () => world.rollout.instances[0]?.stage === stage)
      const before = calls(world).length
      destroy(world)
      world.unit(first).ignoresCalls = true
      const at = world.now
      expect(world.run()).toMatchObject({
        phase: 'failed',
        ending: { unit: first, reason: `${first} is gone: somebody destroyed it while it was under way` },
      })
      expect(world.now - at).toBeLessThan(20_000)
      expect(calls(world).slice(before)).not.toContain(`destroy ${first}`)
      expect(endLine(world)).toContain('`@opsee scale api production 3` makes it again')
    },
  )

  it('before its turn ends the rollout, with what to type', () => {
    const world = new World(planOf())
    destroy(world)
    expect(world.run()).toMatchObject({ phase: 'failed', ending: { unit: first } })
    expect(endLine(world)).toContain('`@opsee scale api production 3` makes it again')
  })

  it('is asked for no journal, and no advice names one', async () => {
    const world = new World(planOf())
    until(world, () => world.rollout.instances[1]?.stage === 'proving')
    destroy(world)
    let last = world.turn()
    while (world.rollout.endedAt === null) last = world.turn()
    const asked: string[] = []
    const scheduler = {
      observe: async (): Promise<ClusterView> => ({ kind: 'unknown', startedAt: 0, endedAt: 0, reason: '' }),
      journal: async (unit: string): Promise<JournalReading> => {
        asked.push(unit)
        return { kind: 'none', reason: 'no such unit' }
      },
    }
    const facts = await withJournal(last, { scheduler, redact: (text) => text })
    expect(asked).toEqual([])
    expect(facts.at(-1)).toMatchObject({ kind: 'ended', journal: [], noJournal: null })
    expect(endLine(world)).not.toContain('journal')
  })
})

describe('the journal of a failure', () => {
  it('shows no part of a private key whose lines come one by one, and no hidden characters', async () => {
    const world = new World(planOf())
    world.unit(first).falls = 9
    let last = world.turn()
    while (world.rollout.endedAt === null) last = world.turn()
    const body = 'a1B2'.repeat(16)
    const lines = [
      'starting\u202E',
      '-----BEGIN PRIVATE KEY-----',
      body,
      body,
      '-----END PRIVATE KEY-----',
      'DB_PASS\u200BWORD=hunter22x',
    ]
    const scheduler = {
      observe: async (): Promise<ClusterView> => ({ kind: 'unknown', startedAt: 0, endedAt: 0, reason: '' }),
      journal: async (): Promise<JournalReading> => ({ kind: 'lines', lines }),
    }
    const facts = await withJournal(last, { scheduler, redact: createRedact([]) })
    expect(facts.at(-1)).toMatchObject({ kind: 'ended', journal: ['starting', masked, `DB_PASSWORD=${masked}`] })
  })
})

describe('an instance that is missing in one list', () => {
  it('is not believed to be destroyed', () => {
    const world = new World(planOf())
    until(world, () => world.rollout.instances[1]?.stage === 'proving')
    world.unit(first).wished = 'absent'
    world.turn()
    world.unit(first).wished = null
    expect(world.run().phase).toBe('succeeded')
  })
})
