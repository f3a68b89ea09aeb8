import { expect, it } from 'vitest'
import { createCatalog } from '../../src/domain/catalog.ts'
import { configSchema } from '../../src/config/schema.ts'
import type { ClusterView, UnitReport, UnitView } from '../../src/ports/scheduler.ts'
import { createPlanner } from '../../src/rollout/planner.ts'
import { planOf } from '../support/rollouts.ts'
import { gate, ghost, World } from './world.ts'
import { noReleases } from '../support/releases.ts'
import { listed } from '../support/listed.ts'

/**
 * A unit that moved has two rows for a while (overlap-slow-stop, network-partition in the transcripts): dead where it was,
 * and running where it is. What counts is where it runs, whichever row comes first.
 */

const row = (machine: string, ip: string, active: string, sub: string): UnitReport => {
  return { machine, ip, load: 'loaded', active, sub, hash: 'h' }
}
const moved: UnitView = {
  unit: 'api@1.service',
  wanted: 'launched',
  believed: 'launched',
  hash: 'h',
  target: 'm2',
  global: false,
  reports: [row('m1', '10.0.0.1', 'failed', 'failed'), row('m2', '10.0.0.2', 'active', 'running')],
  sameFor: { views: 3, since: 0 },
  flaps: 0,
  wantedFor: 3,
}

it('a plan asks the gate at the machine where it runs, and names that one', async () => {
  const cluster: ClusterView = {
    kind: 'known',
    startedAt: 0,
    endedAt: 0,
    machines: new Map(),
    units: new Map([[moved.unit, moved]]),
    templates: new Map(),
  }
  const config = configSchema.pick({ services: true, tiers: true, engine: true }).parse({
    tiers: { production: { fleet: { endpoints: ['http://127.0.0.1:1'] } } },
    services: { api: { unit: 'api@.service', team: 't', health: { kind: 'http', port: 8080, path: '/health' } } },
  })
  const asked: string[] = []
  const planner = createPlanner({
    config,
    catalog: createCatalog(config),
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => undefined },
    schedulerOf: () => ({
      observe: async () => cluster,
      journal: async () => ({ kind: 'none', reason: 'no ssh' }),
    }),
    probe: {
      async check(_, { ip }) {
        asked.push(ip)
        return ip === '10.0.0.2' ? { kind: 'healthy', identity: null } : { kind: 'unhealthy', reason: 'nobody there' }
      },
    },
    announcedPort: async () => ({ kind: 'not-announced' as const }),
    locks: { on: async () => [], all: async () => listed() },
    stops: { on: async () => null },
    pins: { on: async () => null },
    rollouts: {
      live: async () => null,
      lastGood: async () => null,
      history: async () => ({ rows: [], older: null, unreadable: [] }),
      left: async () => ({ ended: null, meant: null, unreadable: [] }),
    },
    drift: { memory: async () => null },
    releases: noReleases,
    observeMs: 1,
  })
  const planned = await planner.plan({
    kind: 'deploy',
    target: { service: 'api', tier: 'production' },
    batch: null,
    canary: null,
    only: null,
    actor: { id: 'U1', name: null },
  })
  expect(asked).toEqual(['10.0.0.2'])
  expect(planned).toMatchObject({ plan: { batches: [[{ serving: true, machine: { id: 'm2', ip: '10.0.0.2' } }]] } })
})

it('a rollout says where it runs again', () => {
  const world = new World(planOf({ units: ['api@1.service'], gate }))
  world.unit('api@1.service').ghost = true
  expect(world.run()).toMatchObject({ phase: 'succeeded', instances: [{ machine: { id: 'mapi@1.service' } }] })
  const healthy = world.facts.find((fact) => fact.kind === 'healthy')
  expect(healthy).toMatchObject({ ip: '127.0.0.1' })
  expect(JSON.stringify(world.facts.filter((fact) => fact.kind === 'healthy'))).not.toContain(ghost.ip)
})
