import { describe, expect, it } from 'vitest'
import type { HistoryRow } from '../../src/domain/history.ts'
import type { Plan } from '../../src/domain/plan.ts'
import type { Phase, Rollout } from '../../src/domain/rollout.ts'
import { digestOf, releaseOf, releasesWith } from '../support/releases.ts'
import { ann, known, noon, planOf, rolloutOf, textOf, unit, world } from './fakes.ts'

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
  readonly rollouts?: readonly Rollout[]
}) =>
  world({
    rollouts: given.rollouts ?? [],
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

  describe('without a release goes back to what every instance ran before the last rollout that changed it', () => {
    /** Rollout of release `to` while each instance ran what `runs` says. */
    const rolled = (id: number, to: string, runs: readonly (string | null)[], over: Partial<Plan> = {}): Rollout => {
      const plan = planOf({
        release: {
          at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
          from: digestOf('1'),
          to: releaseOf(to),
          proof: { by: 'health', field: 'release' },
        },
        ...over,
      })
      const batches = plan.batches.map((batch, index) => {
        const digit = runs[index] ?? null
        return batch.map((one) => ({ ...one, runs: digit === null ? null : digestOf(digit) }))
      })
      const moved = { stage: 'moved', calls: 1 } as const
      return rolloutOf(id, 'succeeded', ['done', 'done', 'done'], { plan: { ...plan, batches }, release: moved })
    }

    it('also when Opsee had not deployed that: the demo deploys to staging, promotes, and rolls back', async () => {
      const promoted = rolled(2, '3', ['1', '1', '1'], { kind: 'promote' })
      const { say, did } = await shop({
        rows: [{ ...row(2, '3', 'succeeded'), kind: 'promote' }],
        rollouts: [promoted],
      })
      const reply = await say('rollback api production')
      expect(reply.outcome).toBe('done')
      expect(textOf(reply)).toContain('every instance ran it, and served, before rollout 2, 1h ago.')
      expect(did.started).toMatchObject([{ ask: { kind: 'rollback', release: { digest: digestOf('1') } } }])
    })

    it('and not to an older one that Opsee rolled out', async () => {
      const rows = [row(9, '3', 'succeeded'), row(6, '2', 'succeeded')]
      const rollouts = [rolled(9, '3', ['1', '1', '1']), rolled(6, '2', ['3', '3', '3'])]
      const { say, did } = await shop({ rows, rollouts })
      await say('rollback api production')
      expect(did.started).toMatchObject([{ ask: { release: { digest: digestOf('1') } } }])
    })

    it('past restarts, scales, and rollouts that were rolled back or never began', async () => {
      const rows: HistoryRow[] = [
        row(14, '2', 'cancelled'),
        row(13, '2', 'rolled-back'),
        { ...row(12, '3', 'succeeded'), kind: 'restart' },
        { ...row(11, '3', 'succeeded'), kind: 'scale' },
        row(9, '3', 'succeeded'),
      ]
      const restart = rolled(12, '3', ['3', '3', '3'], { kind: 'restart' })
      const plan = {
        ...restart.plan,
        release: restart.plan.release && { ...restart.plan.release, from: digestOf('3') },
      }
      const { say, did } = await shop({ rows, rollouts: [{ ...restart, plan }, rolled(9, '3', ['1', '1', '1'])] })
      await say('rollback api production')
      expect(did.started).toMatchObject([{ ask: { release: { digest: digestOf('1') } } }])
    })

    it.each<[string, readonly (string | null)[]]>([
      ['they ran different ones', ['1', '2', '1']],
      ['one did not say', ['1', null, '1']],
    ])('but falls back to the last good release when %s', async (_, runs) => {
      const rows = [row(9, '3', 'succeeded'), row(6, '2', 'succeeded')]
      const { say, did } = await shop({ rows, rollouts: [rolled(9, '3', runs)] })
      await say('rollback api production')
      expect(did.started).toMatchObject([{ ask: { release: { digest: digestOf('2') } } }])
    })

    it('and not to one that failed there since', async () => {
      const rows = [row(10, '1', 'failed'), row(9, '3', 'succeeded'), row(6, '2', 'succeeded')]
      const { say, did } = await shop({
        rows,
        rollouts: [rolled(10, '1', ['3', '3', '3']), rolled(9, '3', ['1', '1', '1'])],
      })
      await say('rollback api production')
      expect(did.started).toMatchObject([{ ask: { release: { digest: digestOf('2') } } }])
    })
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
