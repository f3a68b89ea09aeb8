import { describe, expect, it } from 'vitest'
import type { HistoryRow } from '../../src/domain/history.ts'
import type { Phase } from '../../src/domain/rollout.ts'
import { digestOf, releaseOf, releasesWith } from '../support/releases.ts'
import { ann, known, noon, textOf, unit, world } from './fakes.ts'

const row = (id: number, name: string, phase: Phase): HistoryRow => ({
  id,
  kind: 'deploy',
  service: 'api',
  tier: 'production',
  phase,
  by: ann,
  reason: null,
  summary: '',
  release: releaseOf(name),
  instances: 3,
  replaced: 3,
  createdAt: noon - 7_200_000,
  begunAt: null,
  endedAt: noon - 3_600_000,
})

/** v1 is wanted and good in staging, where two instances say what `says` has for their addresses. */
const shop = async (given: {
  readonly says?: Readonly<Record<string, string>>
  readonly wanted?: string
  readonly good?: boolean
  readonly rows?: readonly HistoryRow[]
}) =>
  world({
    read: (readers) => ({
      releases: releasesWith(
        { 'api staging': digestOf(given.wanted ?? '1'), 'api production': digestOf('3') },
        ['1', '2', '3'].map(releaseOf),
      ),
      rollouts: {
        ...readers.rollouts,
        lastGood: async () =>
          given.good === false ? null : { id: 7, at: noon - 60_000, by: '@ann', release: releaseOf('1') },
        history: async () => ({ rows: given.rows ?? [], older: null, unreadable: [] }),
      },
      clusters: {
        of: () => ({
          observe: async () => known(unit('api@1.service', '10.0.0.1'), unit('api@2.service', '10.0.0.2')),
          journal: async () => ({ kind: 'none', reason: 'no ssh' }),
        }),
      },
      health: {
        check: async (_, ip) => ({
          kind: 'healthy',
          identity: null,
          says: (given.says ?? { '10.0.0.1': digestOf('1'), '10.0.0.2': digestOf('1') })[ip] ?? null,
        }),
      },
    }),
  })

describe('promote', () => {
  it('takes the release that runs and is good in one tier to the next, as a kind and a right of its own', async () => {
    const { say, did } = await shop({})
    const reply = await say('promote api staging production --canary 1')
    expect([reply.outcome, textOf(reply)]).toEqual([
      'done',
      'Rollout 12 of api to production has begun; follow it in the thread.',
    ])
    const target = { service: 'api', tier: 'production' }
    expect(did.authorized).toEqual([
      { right: 'promote', scope: { kind: 'target', target }, owner: null, tag: 'staging' },
    ])
    expect(did.planned).toMatchObject([{ kind: 'promote', target, release: releaseOf('1'), canary: 1 }])
    expect(did.started).toMatchObject([{ ask: { kind: 'promote', release: releaseOf('1') } }])
  })

  it.each([
    [
      'is wanted otherwise',
      { wanted: '2' },
      '`api staging` should run sha256:222222222222 by now, and not v1 (revision 1111111111, sha256:111111111111), which rollout 7 left well',
    ],
    [
      'does not run everywhere',
      { says: { '10.0.0.1': digestOf('1'), '10.0.0.2': digestOf('2') } },
      'not all of `api staging` runs v1 (revision 1111111111, sha256:111111111111): sha256:111111111111 on api@1; sha256:222222222222 on api@2',
    ],
    ['was never well', { good: false }, 'no release of `api staging` was seen to be well'],
  ])('refuses one that %s', async (_, given, text) => {
    const { say, did } = await shop(given)
    const reply = await say('promote api staging production')
    expect(reply.outcome).toBe('refused')
    expect(textOf(reply)).toContain(text)
    expect(did.started).toEqual([])
  })

  it('says where an instance did not say what it runs', async () => {
    const { say } = await shop({ says: { '10.0.0.1': digestOf('1') } })
    expect(textOf(await say('promote api staging production'))).toContain('unverified for 1 of 2 instances')
  })

  it('needs two tiers, and says why nothing is known of releases', async () => {
    const { say, did } = await world()
    expect(textOf(await say('promote api staging staging'))).toContain('`staging` is both ends')
    expect(textOf(await say('promote api staging production'))).toBe(
      'Nothing was started: there is no registry in the configuration.',
    )
    expect(did.started).toEqual([])
  })
})

describe('rollback', () => {
  it('goes to the newest release that is not wanted now and whose last rollout succeeded', async () => {
    const rows = [
      row(9, '3', 'succeeded'),
      row(8, '2', 'rolled-back'),
      row(7, '2', 'succeeded'),
      row(6, '1', 'succeeded'),
    ]
    const { say, did } = await shop({ rows })
    const reply = await say('rollback api production')
    expect(reply.outcome).toBe('done')
    expect(textOf(reply)).toContain(
      'Back to v1 (revision 1111111111, sha256:111111111111): rollout 6 left it well, 1h ago. Migrations are not undone.',
    )
    expect(did.authorized).toMatchObject([{ right: 'rollback' }])
    expect(did.started).toMatchObject([{ ask: { kind: 'rollback', release: releaseOf('1') } }])
  })

  it('says what to type when there is nothing to go back to', async () => {
    const { say, did } = await shop({ rows: [row(9, '3', 'succeeded')] })
    const reply = await say('rollback api production')
    expect([reply.outcome, textOf(reply)]).toEqual([
      'refused',
      'Nothing was started: there is nothing to go back to: no other release of `api production` was rolled out well from here. `builds api` lists what there is, and `deploy api production &lt;tag&gt;` rolls one out.',
    ])
    expect(did.started).toEqual([])
  })

  it('goes to a named rollout, to the digest that messages show, and to one that never ran there', async () => {
    const { say, did } = await shop({ rows: [row(9, '3', 'succeeded'), row(6, '1', 'succeeded')] })
    await say('rollback api production #6')
    await say('rollback api production sha256:111111111111')
    await say(`rollback api production ${digestOf('2')}`)
    expect(did.started.map(({ ask }) => ask.release?.tag)).toEqual(['v1', 'v1', 'v2'])
    expect(textOf(await say('rollback api production 8'))).toContain('8 is no ended rollout of `api production`')
    expect(textOf(await say('rollback api production sha256:444444444444'))).toContain('Write all 64 digits')
    expect((await say('rollback api production v1')).outcome).toBe('mistyped')
    expect(did.started).toHaveLength(3)
  })

  it('goes to one that failed there itself only with force', async () => {
    const { say, did } = await shop({ rows: [row(9, '3', 'succeeded'), row(8, '2', 'failed')] })
    const reply = await say('rollback api production 8')
    expect([reply.outcome, textOf(reply)]).toMatchObject([
      'refused',
      expect.stringContaining('failed there itself, in rollout 8'),
    ])
    expect((await say('rollback api production 8 --force')).outcome).toBe('done')
    expect(did.started).toHaveLength(1)
  })
})
