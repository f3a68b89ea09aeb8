import { describe, expect, it } from 'vitest'
import type { ClusterView } from '../../src/ports/scheduler.ts'
import type { Readers } from '../../src/services/capabilities.ts'
import { startIn } from '../../src/command/parts/target-status.ts'
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
            rows: [
              {
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
              },
            ],
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
        discovery: { announced: async () => [{ service: 'api', id: 'h:api:8080', ip: '10.0.0.1', port: 8080 }] },
      }),
    })
    expect(textOf(await say('status api production')).split('\n')).toEqual([
      '*api production*: 2 of 3 running, 1 not wanted running; no successful deploy yet',
      '`api@1 `  active/running on 10.0.0.1, healthy, announced on :8080, up 1m30s',
      '`api@2 `  active/running on 10.0.0.2, *not healthy* (HTTP 503), not announced, replaced 1h ago, *restarting* (seen 2 times)',
      '`api@3 `  no machine has it, not announced',
      '`api@10`  no report from machine m1 (wanted: inactive), not announced',
    ])
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
