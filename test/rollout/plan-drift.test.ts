import { describe, expect, it } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { createCatalog } from '../../src/domain/catalog.ts'
import type { DriftMemory } from '../../src/domain/drift-memory.ts'
import type { Left } from '../../src/domain/drift.ts'
import type { Proof } from '../../src/domain/release.ts'
import type { ClusterView } from '../../src/ports/scheduler.ts'
import { createPlanner } from '../../src/rollout/planner.ts'
import type { PlanRequest } from '../../src/services/capabilities.ts'
import { UnreadableRecord } from '../../src/store/record.ts'
import { known, unit } from '../commands/fakes.ts'
import { digestOf, releaseOf, releasesWith } from '../support/releases.ts'
import { listed } from '../support/listed.ts'
import { ended, leftOf, meantOf } from '../support/left.ts'

/** What a plan says of releases and of drift, from all that the planner looks at. */

const config = configSchema.pick({ services: true, tiers: true, engine: true }).parse({
  tiers: { production: { fleet: { endpoints: ['http://127.0.0.1:1'] } } },
  services: { api: { unit: 'api@.service', team: 't' } },
})
const target = { service: 'api', tier: 'production' }
const two = [unit('api@1.service', '10.0.0.1'), unit('api@2.service', '10.0.0.2')]

interface Shop {
  readonly cluster?: ClusterView
  readonly wanted?: string
  readonly good?: string
  readonly left?: Left['meant']
  /** What the schedule remembers; null for nothing. */
  readonly memory?: () => Promise<DriftMemory | null>
  readonly proof?: Proof
  /** What stands in etcd, by key. */
  readonly keys?: Readonly<Record<string, string>>
}

async function planned(asked: Partial<PlanRequest>, shop: Shop = {}) {
  const { wanted = '1', good = '1', proof = { by: 'none' } as const, keys = {} } = shop
  const planner = createPlanner({
    config,
    catalog: createCatalog(config),
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => undefined },
    schedulerOf: () => ({
      observe: async () => shop.cluster ?? known(...two),
      journal: async () => ({ kind: 'none', reason: 'no ssh' }),
    }),
    probe: { check: async () => ({ kind: 'healthy', identity: null }) },
    announcedPort: async () => ({ kind: 'not-announced' as const }),
    locks: { on: async () => [], all: async () => listed() },
    stops: { on: async () => null },
    pins: { on: async () => null },
    rollouts: {
      live: async () => null,
      lastGood: async () => ({ id: 7, at: 0, by: '@ann', release: releaseOf(good) }),
      history: async () => ({ rows: [], older: null, unreadable: [] }),
      left: async () => leftOf(ended(7, 0), shop.left ?? null),
    },
    drift: { memory: shop.memory ?? (async () => null) },
    releases: releasesWith({ 'api production': digestOf(wanted) }, ['1', '2'].map(releaseOf), {
      proof: () => proof,
      announced: async (key) => ({ kind: 'known', value: keys[key] ?? null }),
    }),
    observeMs: 1,
  })
  const ask = {
    kind: 'deploy',
    target,
    batch: null,
    canary: null,
    only: null,
    actor: { id: 'U1', name: null },
  } as const
  const result = await planner.plan({ ...ask, ...asked })
  if (result.kind === 'impossible') throw new Error(result.message)
  const others = ['a quick restart', 'nothing new ships']
  const notes = result.plan.warnings.filter((warning) => !others.some((start) => warning.startsWith(start)))
  return { notes, blockers: result.blockers.map(({ kind }) => kind), plan: result.plan }
}

describe('The notes of a plan', () => {
  it('say what has parted from what the last rollout left, and nothing when nothing has', async () => {
    const left = meantOf(7, 'api@1.service', 'api@2.service')
    expect((await planned({}, { left })).notes).toEqual([])
    const parted = meantOf(7, 'api@1.service', 'api@3.service')
    expect((await planned({}, { left: parted, wanted: '2' })).notes).toEqual([
      expect.stringMatching(
        /^the tag production .* names sha256:2{12}, and rollout 7 left v1 .* moved outside of Opsee/,
      ),
      'api@3.service is missing: rollout 7 left it running',
      'api@2.service is extra: rollout 7 left no such instance',
    ])
  })

  it('say what was restarted outside since the last rollout, and not what was before', async () => {
    const restarts = [{ unit: 'api@2.service', moved: false, at: 5, toldAt: 5 }]
    const remembered = (rollout: number) => async () => ({
      rollout,
      restarts,
      processes: [],
      told: [],
      lines: 1,
      sending: null,
    })
    const outside = 'api@2.service was restarted outside of Opsee (by hand, or it crashed)'
    expect((await planned({}, { memory: remembered(7) })).notes).toEqual([outside])
    expect((await planned({}, { memory: remembered(6) })).notes).toEqual([])
  })

  it('stand without what the schedule remembers where nobody can read that', async () => {
    const memory = () => Promise.reject(new UnreadableRecord('drift/production/api', 'it is no JSON'))
    expect((await planned({}, { memory })).notes).toEqual([])
  })

  it('of a scale say it too', async () => {
    const cluster: ClusterView = {
      kind: 'known',
      startedAt: 0,
      endedAt: 1,
      machines: new Map(),
      units: new Map([['api@1.service', unit('api@1.service', '10.0.0.1')]]),
      templates: new Map([['api@.service', 'a1']]),
    }
    const { notes } = await planned(
      { kind: 'scale', to: 3 },
      {
        left: meantOf(7, 'api@1.service', 'api@2.service'),
        cluster,
      },
    )
    expect(notes).toContain('api@2.service is missing: rollout 7 left it running')
  })
})

describe('A plan where instances write to a key what they run', () => {
  const proof = { by: 'key', key: '/running/{unit}' } as const
  const release = releaseOf('1')
  const keys = { '/running/api@1.service': digestOf('1'), '/running/api@2.service': `${digestOf('1')}\n` }

  it('knows that all run the release already', async () => {
    expect((await planned({ release }, { proof, keys })).blockers).toEqual(['there-already'])
    expect((await planned({ release }, { proof, keys: {} })).blockers).toEqual([])
  })

  it('names those that run another one', async () => {
    const parted = { ...keys, '/running/api@2.service': digestOf('3') }
    const { notes, blockers, plan } = await planned({ release }, { proof, keys: parted })
    expect(blockers).toEqual([])
    expect(notes).toEqual(['api@2.service runs sha256:333333333333 now'])
    expect(plan.batches.flat().map(({ runs }) => runs)).toEqual([digestOf('1'), digestOf('3')])
  })
})
