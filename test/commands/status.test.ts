import { describe, expect, it } from 'vitest'
import type { HistoryRow } from '../../src/domain/history.ts'
import type { DriftMemory } from '../../src/domain/drift-memory.ts'
import type { ClusterView, UnitView } from '../../src/ports/scheduler.ts'
import type { Readers } from '../../src/services/capabilities.ts'
import { startIn } from '../../src/command/parts/ages.ts'
import type { Left } from '../../src/domain/drift.ts'
import { lastFailureText } from '../../src/domain/last-attempt.ts'
import { announced } from '../support/announced.ts'
import { ended, leftOf, meantOf, meantUnit } from '../support/left.ts'
import { digestOf, releaseOf, releasesWith } from '../support/releases.ts'
import { ann, known, noon, rolloutOf, textOf, unit, world } from './fakes.ts'
import { listed, liveOf } from '../support/listed.ts'

const production = known(
  unit('api@1.service', '10.0.0.1'),
  unit('api@2.service', '10.0.0.2', { flaps: 2 }),
  unit('api@3.service', null, { target: null }),
  unit('api@10.service', '10.0.0.10', { wanted: 'inactive', reports: [] }),
  unit('api-elb@1.service', '10.0.0.1'),
  unit('beavis.service', '10.0.0.9'),
)
const away: ClusterView = { kind: 'unknown', startedAt: 0, endedAt: 1, reason: 'fleet did not answer within 10 s' }

const fleets =
  (views: Readonly<Record<string, ClusterView>>) =>
  (read: Readers): Partial<Readers> => ({
    clusters: {
      of: (tier) => ({ ...read.clusters.of(tier), observe: async () => views[tier] ?? known() }),
    },
  })

const historyRow: HistoryRow = {
  id: 11,
  kind: 'deploy',
  service: 'api',
  tier: 'production',
  phase: 'succeeded',
  by: ann,
  reason: null,
  summary: '',
  release: null,
  instances: 3,
  replaced: 3,
  createdAt: noon,
  begunAt: null,
  endedAt: noon,
}

describe('status without a name', () => {
  it('has one line for each target, and says which fleet is away', async () => {
    const live = rolloutOf(12, 'rolling', ['done', 'proving', 'waiting'])
    const { say } = await world({
      rollouts: [live],
      read: (read) => ({
        ...fleets({ production, staging: away })(read),
        locks: {
          ...read.locks,
          all: async () =>
            listed(
              { service: null, tier: 'production', by: ann, why: 'db', at: noon, until: null, audit: 1 },
              { service: null, tier: 'staging', by: ann, why: 'old', at: noon - 9, until: noon - 1, audit: 1 },
            ),
        },
        rollouts: {
          ...read.rollouts,
          allLive: async () => liveOf(live),
          lastGood: async ({ service }) =>
            service === 'api' ? { id: 9, at: noon - 7_200_000, by: '@bob', release: null } : null,
        },
      }),
    })
    expect(textOf(await say('status')).split('\n')).toEqual([
      'The fleet of staging does not answer: fleet did not answer within 10 s.',
      '`api staging      `  fleet is away; last good: rollout 9, 2h ago, by @bob',
      '`vape staging     `  fleet is away; never rolled out from here',
      '`api production   `  2 of 3 running, 1 not wanted running; last good: rollout 9, 2h ago, by @bob; *rollout 12 is rolling* (1 of 3 instances replaced, api@2 under way, 1 untouched); *locked* by @ann: db',
      '`vape production  `  fleet has no unit of it; never rolled out from here; *locked* by @ann: db',
      '`beavis production`  1 of 1 running; never rolled out from here; *locked* by @ann: db',
    ])
  })
})

describe('status where nothing has changed since the last look', () => {
  it('says how old is what was not read anew, and asks for no more age than a minute', async () => {
    const asked: unknown[] = []
    const { say } = await world({
      read: (read) => ({
        clusters: {
          of: (tier) => ({
            ...read.clusters.of(tier),
            observe: async (_ms, _signal, recent) => {
              asked.push(recent)
              return { ...production, startedAt: 70_000, endedAt: 70_500, wantedAt: 47_800 }
            },
          }),
        },
      }),
    })
    expect(
      textOf(await say('status api production'))
        .split('\n')
        .slice(0, 2),
    ).toEqual([
      'What production wants running was read 22s ago; nothing has come, gone, moved, stopped or started there since.',
      expect.stringContaining('2 of 3 running, 1 not wanted running'),
    ])
    expect(asked).toEqual([{ wantedWithinMs: 60_000 }])
  })
})

describe('status of a target', () => {
  it('shows every instance: states, machine, health, announced, age', async () => {
    const last = rolloutOf(11, 'succeeded', ['done', 'done', 'done'])
    const { say } = await world({
      rollouts: [last],
      read: (read) => ({
        ...fleets({ production })(read),
        rollouts: {
          ...read.rollouts,
          history: async () => ({
            rows: [historyRow],
            older: null,
            unreadable: [],
          }),
        },
        health: {
          check: async (_service, ip) =>
            ip === '10.0.0.1'
              ? { kind: 'healthy', identity: new Date(noon - 90_000).toISOString() }
              : { kind: 'unhealthy', reason: 'HTTP 503' },
        },
        discovery: { announced: async () => announced(['api/h:api:8080', '10.0.0.1:8080']) },
      }),
    })
    expect(textOf(await say('status api production')).split('\n')).toEqual([
      '*api production*: 2 of 3 running, 1 not wanted running; never rolled out from here',
      '`api@1 `  active/running on 10.0.0.1, healthy, announced on :8080, up 1m30s',
      '`api@2 `  active/running on 10.0.0.2, *not healthy* (HTTP 503), not announced, *restarting* (seen 2 times)',
      '`api@3 `  no machine has it, not announced',
      '`api@10`  no report from machine m1 (wanted: inactive), not announced',
    ])
  })

  it('counts from when the new process was seen running, not from the order to stop', async () => {
    const instances = rolloutOf(11, 'succeeded', ['done']).instances.map((one) => ({
      ...one,
      startedAt: noon - 600_000,
      upAt: noon - 420_000,
    }))
    const last = rolloutOf(11, 'succeeded', ['done'], { instances })
    const memory = { rollout: 11, processes: [], told: [], lines: 0, sending: null }
    const restart = { unit: 'api@1.service', moved: false, at: noon - 60_000, toldAt: noon - 60_000 }
    const shop = (restarts: DriftMemory['restarts']) =>
      world({
        rollouts: [last],
        read: (read) => ({
          ...fleets({ production })(read),
          rollouts: {
            ...read.rollouts,
            history: async () => ({ rows: [{ ...historyRow, id: 11 }], older: null, unreadable: [] }),
            left: async () => leftOf(ended(11, noon - 400_000), meantOf(11, 'api@1.service')),
          },
          drift: { memory: async () => ({ ...memory, restarts }) },
        }),
      })
    expect(textOf(await (await shop([])).say('status api production'))).toContain('announced, up 7m')
    // The process of the rollout is gone.
    const text = textOf(await (await shop([restart])).say('status api production'))
    expect(text).toContain('announced, restarted outside of Opsee, seen 1m ago')
    expect(text).not.toContain('up 7m')
  })

  it('says what is wanted and what each instance says it runs', async () => {
    let asked = 0
    const wanted = async () => {
      asked += 1
      return { kind: 'known' as const, digest: digestOf('2') }
    }
    const { say } = await world({
      read: (read) => ({
        ...fleets({ production })(read),
        releases: releasesWith({}, ['1', '2'].map(releaseOf), { wanted }),
        health: {
          check: async (_, ip) => {
            return { kind: 'healthy', identity: null, says: digestOf(ip === '10.0.0.1' ? '2' : '1') }
          },
        },
        rollouts: {
          ...read.rollouts,
          lastGood: async () => ({ id: 9, at: noon - 7_200_000, by: '@bob', release: releaseOf('1') }),
        },
      }),
    })
    const good = 'last good: v1 (sha256:111111111111), rollout 9, 2h ago, by @bob'
    expect(
      textOf(await say('status api production'))
        .split('\n')
        .slice(0, 4),
    ).toEqual([
      `*api production*: 2 of 3 running, 1 not wanted running; ${good}`,
      'Wanted: revision 2222222222, sha256:222222222222',
      '`api@1 `  active/running on 10.0.0.1, healthy, runs sha256:222222222222, not announced',
      '`api@2 `  active/running on 10.0.0.2, healthy, *runs v1 (sha256:111111111111)*, not announced, *restarting* (seen 2 times)',
    ])
    expect(asked).toBe(1)
    // Of a whole tier nobody asks the registry.
    const all = textOf(await say('status production'))
    expect(all).toContain('healthy, runs v1 (sha256:111111111111), not announced')
    expect(all).not.toContain('Wanted:')
    expect(textOf(await say('status'))).toContain(good)
    expect(asked).toBe(1)
  })

  it('says what instances wrote to their keys, of one target', async () => {
    const { say } = await world({
      read: (read) => ({
        ...fleets({ production })(read),
        releases: releasesWith({ 'api production': digestOf('1') }, ['1', '2'].map(releaseOf), {
          proof: () => ({ by: 'key', key: '/running/{unit}' }),
          announced: async (key) => ({ kind: 'known', value: key === '/running/api@1.service' ? digestOf('1') : null }),
        }),
      }),
    })
    const text = textOf(await say('status api production'))
    expect(text).toContain('active/running on 10.0.0.1, runs sha256:111111111111')
    expect(text.match(/runs/g)).toHaveLength(1)
  })

  it('names the live rollout and the locks', async () => {
    const live = rolloutOf(12, 'rolling', ['done', 'proving', 'waiting'])
    const { say } = await world({ rollouts: [live], read: fleets({ production }) })
    const reply = await say('status prod api')
    expect(reply.rollouts).toEqual([12])
    expect(textOf(reply)).toContain(
      'Rollout 12 (deploy) is rolling, begun 1m ago by @ann: 1 of 3 instances replaced, api@2 under way, 1 untouched. `abort 12` ends it.',
    )
  })

  it('still shows what is known when the fleet is away', async () => {
    const { say } = await world({ read: fleets({ production: away }) })
    const reply = await say('status production')
    expect(reply.outcome).toBe('done')
    expect(textOf(reply)).toContain('The fleet of production does not answer')
    expect(textOf(reply)).toContain('*beavis production*: fleet is away; never rolled out from here')
  })

  it('says where a service lives when it does not live there', async () => {
    const { say } = await world()
    expect(textOf(await say('status beavis staging'))).toBe('`beavis` is not deployed to staging, only to production.')
  })

  it('reads all fleets side by side', async () => {
    let open = 0
    let most = 0
    const { say } = await world({
      read: (read) => ({
        clusters: {
          of: (tier) => ({
            ...read.clusters.of(tier),
            observe: async () => {
              open += 1
              most = Math.max(most, open)
              await new Promise((resolve) => setTimeout(resolve, 10))
              open -= 1
              return known()
            },
          }),
        },
      }),
    })
    await say('status')
    expect(most).toBe(2)
  })
})

describe('the instances that should exist', () => {
  const views = known(
    unit('api@1.service', '10.0.0.1'),
    unit('api@2.service', '10.0.0.2', { wanted: 'loaded', reports: [] }),
    unit('api@7.service', '10.0.0.7', { wanted: 'inactive', reports: [] }),
  )
  const shop = (left: Left, over: Partial<Readers> = {}) =>
    world({
      read: (read) => ({
        ...fleets({ production: views })(read),
        rollouts: { ...read.rollouts, left: async ({ service }) => (service === 'api' ? left : leftOf(null, null)) },
        ...over,
      }),
    })

  it('count, also when fleet wants one stopped and knows nothing of the other', async () => {
    const meant = meantOf(9, 'api@1.service', 'api@2.service', 'api@3.service')
    const { say } = await shop(leftOf(ended(9, noon - 9000), meant))
    const counted = '1 of 3 running, api@2 stopped, api@3 missing, 1 not wanted running'
    expect(textOf(await say('status'))).toContain(counted)
    expect(textOf(await say('status api production'))).toContain(`*api production*: ${counted}`)
    expect(textOf(await say('status vape production'))).toContain('fleet has no unit of it; never rolled out from here')
  })

  it('do not count where a rollout left them stopped', async () => {
    const units = [meantUnit('api@1.service', 9), meantUnit('api@2.service', 9, { stopped: true, how: 'left-out' })]
    const { say } = await shop(leftOf(ended(9, noon - 9000), { id: 9, units }))
    expect(textOf(await say('status api production'))).toContain('1 of 1 running, 2 not wanted running')
  })

  it('are told beside the last deploy, when that did not succeed', async () => {
    const failed = ended(19, noon - 180_000, { phase: 'failed' })
    const { say } = await shop(leftOf(failed, meantOf(19, 'api@1.service')))
    const failure = 'no successful deploy yet; *last deploy failed 3m ago (rollout 19)*'
    expect(textOf(await say('status'))).toContain(failure)
    expect(textOf(await say('status api production'))).toContain(failure)
    expect(textOf(await say('drift production'))).toContain('last deploy failed 3m ago (rollout 19)')
  })

  it.each([
    ['deploy', 'failed', 'last deploy failed 3m ago (rollout 19)'],
    ['restart', 'aborted', 'last restart was aborted 3m ago (rollout 19)'],
    ['scale', 'failed', 'last scale failed 3m ago (rollout 19)'],
    ['promote', 'rolled-back', 'last promotion failed and was rolled back 3m ago (rollout 19)'],
    ['rollback', 'rollback-failed', 'last rollback failed, and its rollback failed too 3m ago (rollout 19)'],
    ['deploy', 'succeeded', null],
  ] as const)('name a %s that %s', (kind, phase, said) => {
    expect(lastFailureText(ended(19, noon - 180_000, { kind, phase }), noon)).toBe(said)
  })
})

describe('a machine that left the cluster', () => {
  const lost = { id: 'm3ce5000', ip: '10.0.0.13', missedAt: 60_000, units: ['api@3.service'] }
  const gone = (seenAt: number): ClusterView => {
    const view = known(unit('api@1.service', '10.0.0.1'))
    return view.kind === 'known' ? { ...view, endedAt: 100_000, left: [{ ...lost, seenAt }] } : view
  }

  it.each([
    [59_500, 'left the cluster of production 40s ago; on it: api@3.'],
    [1000, 'left the cluster of production between 1m39s and 40s ago; on it: api@3.'],
  ])('is named with when it left, and with what was on it (last seen at %d)', async (seenAt, said) => {
    const { say } = await world({ read: fleets({ production: gone(seenAt) }) })
    for (const command of ['status', 'status api production', 'drift production'])
      expect(textOf(await say(command))).toContain(`Machine 10.0.0.13 ${said}`)
  })
})

describe('a unit that fleet runs on every machine', () => {
  const machine = (id: string, ip: string) => [id, { id, ip, metadata: {} }] as const
  const report = (id: string, ip: string, active: string, sub: string) => {
    return { machine: id, ip, load: 'loaded', active, sub, hash: 'a1' }
  }
  const proxy = (over: Partial<UnitView> = {}): UnitView =>
    unit('beavis.service', null, {
      target: null,
      global: true,
      reports: [report('m1', '10.0.0.1', 'active', 'running'), report('m2', '10.0.0.2', 'failed', 'failed')],
      ...over,
    })
  const shop = (over?: Partial<UnitView>) => {
    const view = known(proxy(over))
    const machines = new Map([machine('m1', '10.0.0.1'), machine('m2', '10.0.0.2'), machine('m3', '10.0.0.3')])
    return world({ read: fleets({ production: view.kind === 'known' ? { ...view, machines } : view }) })
  }

  it('has a row for each machine, and counts each', async () => {
    const { say } = await shop()
    const text = textOf(await say('status beavis production'))
    expect(text.split('\n')).toEqual([
      '*beavis production*: 1 of 3 running; never rolled out from here',
      '`beavis on 10.0.0.1`  active/running on 10.0.0.1',
      '`beavis on 10.0.0.2`  failed/failed on 10.0.0.2',
      '`beavis on 10.0.0.3`  no report from machine m3',
    ])
    expect(textOf(await say('status'))).toContain('1 of 3 running')
    expect(textOf(await say('drift production'))).toContain(
      'beavis.service on 10.0.0.2 is wanted running, and does not run',
    )
  })

  it('counts the machines that its unit file names, where that is known', async () => {
    const { say } = await shop({ meantFor: ['m1', 'm2'] })
    expect(textOf(await say('status beavis production'))).toContain('1 of 2 running')
    expect(textOf(await say('services beavis'))).toContain('production 1 of 2 running')
  })
})

describe('the start of a process in its identity', () => {
  it.each([
    ['2026-01-05T11:00:00Z', noon - 3_600_000],
    ['1767610800', 1_767_610_800_000],
    ['1767610800.25', 1_767_610_800_250],
    ['1767610800123', 1_767_610_800_123],
    ['4711', null],
    ['2026-99-99T00:00:00Z', null],
    ['abc', null],
    [null, null],
  ])('%j is %j', (identity, at) => {
    expect(startIn(identity)).toBe(at)
  })
})
