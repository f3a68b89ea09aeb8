import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { configSchema } from '../../src/config/schema.ts'
import type { HistoryRow } from '../../src/domain/history.ts'
import type { Release } from '../../src/domain/release.ts'
import { releaseFor } from '../../src/rollout/plan-release.ts'
import { ranBefore, standBy } from '../../src/rollout/plan-rollback.ts'
import type { PlanRequest, Readers } from '../../src/services/capabilities.ts'
import { planOf } from '../support/rollouts.ts'
import { noReleases } from '../support/releases.ts'

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
const release = (letter: string): Release => ({
  digest: digest(letter),
  tag: null,
  revision: null,
  version: `v${letter}`,
  source: null,
  builtAt: null,
})
const fleet = { endpoints: ['http://127.0.0.1:1'] }
const config = configSchema.parse({
  slack: { historyChannel: 'C012ABCDEF' },
  etcd: { endpoints: ['http://127.0.0.1:1'] },
  groups: { backend: { users: [] } },
  tiers: { production: { fleet, rollout: { onFailure: 'rollback', rollbackAfter: '5s' } } },
  services: { api: { team: 'backend', unit: 'api@.service', image: 'quay.io/opsee/api' } },
})
const target = { service: 'api', tier: 'production' }
const request: PlanRequest = {
  kind: 'deploy',
  target,
  actor: { id: 'U1', name: 'ann' },
  batch: null,
  canary: null,
  only: null,
}
const row = (id: number, letter: string, phase: HistoryRow['phase']): HistoryRow => ({
  id,
  kind: 'deploy',
  ...target,
  phase,
  by: { id: 'U1', name: 'ann' },
  reason: null,
  summary: '',
  release: release(letter),
  instances: 3,
  replaced: 3,
  createdAt: 0,
  begunAt: null,
  endedAt: 1,
})

interface Shop {
  readonly wanted?: Awaited<ReturnType<Readers['releases']['wanted']>>
  readonly good?: { readonly id: number; readonly release: Release | null } | null
  readonly rows?: readonly HistoryRow[]
}

const planned = (asked: Partial<PlanRequest>, { wanted, good = null, rows = [] }: Shop = {}) =>
  releaseFor(
    { ...request, ...asked },
    {
      config,
      clock: systemClock,
      pins: { on: async () => null },
      releases: {
        ...noReleases,
        at: () => ({ by: 'tag', image: 'quay.io/opsee/api', tag: 'production' }),
        whyNot: () => '',
        proof: () => ({ by: 'health', field: 'digest' }),
        wanted: async () => wanted ?? { kind: 'known', digest: digest('1') },
        describe: async (_, of) => ({ ...release('1'), digest: of }),
        resolve: async () => ({ kind: 'none', message: '' }),
      },
      rollouts: {
        lastGood: async () => (good === null ? null : { ...good, at: 0, by: '@ann' }),
        history: async () => ({ rows, older: null, unreadable: [] }),
      },
    },
  )

describe('The release of a plan', () => {
  it('is what is wanted anyway, unless another one was asked for', async () => {
    expect(await planned({})).toMatchObject({ release: { from: digest('1'), to: { digest: digest('1') } } })
    expect(await planned({ release: release('2') })).toMatchObject({
      release: { from: digest('1'), to: { digest: digest('2') } },
    })
  })

  it('is nobody’s to know while the registry is away, and of no matter to a scale', async () => {
    const wanted = { kind: 'unknown', reason: 'the registry did not answer within 5 s' } as const
    expect(await planned({}, { wanted })).toMatchObject({ release: null, noRelease: wanted.reason })
    expect(await planned({ kind: 'scale', to: 4 }, { wanted })).toMatchObject({ release: null, noRelease: null })
  })

  it('of a target that nothing is wanted of yet is the one that was named', async () => {
    const wanted = { kind: 'known', digest: null } as const
    expect(await planned({ release: release('2') }, { wanted })).toMatchObject({ release: { from: null } })
    expect(await planned({}, { wanted })).toMatchObject({ noRelease: expect.stringContaining('names nothing') })
  })

  it('comes with the last good one, to be held against what is wanted', async () => {
    const good = { id: 7, release: release('9') }
    expect(await planned({}, { good })).toMatchObject({ good })
  })
})

describe('What a plan is taken back to', () => {
  const good = { id: 7, release: release('1') }
  const back = async (asked: Partial<PlanRequest>, shop: Shop) => {
    const { rollback, notes } = await planned({ release: release('2'), ...asked }, shop)
    return { rollback, notes: notes.join('; ') }
  }

  it('is the last good release', async () => {
    const rows = [row(8, '1', 'aborted'), row(7, '1', 'succeeded'), row(6, '1', 'failed')]
    expect(await back({}, { good, rows })).toMatchObject({
      rollback: { id: 7, to: release('1'), afterMs: 5000 },
      notes: '',
    })
  })

  it('is nothing when that failed itself since, or when it is that one which is rolled', async () => {
    expect(await back({}, { good, rows: [row(8, '1', 'failed'), row(7, '1', 'succeeded')] })).toMatchObject({
      rollback: null,
      notes: expect.stringContaining('failed itself since, in rollout 8'),
    })
    expect(await back({ release: release('1') }, { good })).toEqual({ rollback: null, notes: '' })
  })

  it('stands by as what every instance says it runs, when no rollout is known to have left one well', async () => {
    const first = await planned({ release: release('2') })
    expect(first).toMatchObject({ rollback: null, standby: { afterMs: 5000 }, notes: [] })
    const ran = async (says: readonly (string | null)[], rows: readonly HistoryRow[] = []) =>
      (
        await ranBefore(
          { afterMs: 5000 },
          { target, to: release('2'), says },
          {
            config,
            releases: { describe: async (_, of) => ({ ...release('1'), digest: of }) },
            rollouts: { history: async () => ({ rows, older: null, unreadable: [] }) },
          },
        )
      )?.to
    expect(await ran([digest('1'), `quay.io/opsee/api@${digest('1')}`])).toEqual(release('1'))
    expect(await ran([digest('1'), digest('3')])).toBeNull()
    expect(await ran([digest('1'), null])).toBeNull()
    expect(await ran([])).toBeNull()
    // What is rolled runs already: nothing is to be said of going back.
    expect(await ran([digest('2'), digest('2')])).toBeUndefined()
    expect(await ran([digest('1')], [row(3, '1', 'failed')])).toBeNull()
  })

  it.each([
    ['every instance runs it and is well', {}, true],
    ['one runs something else', { runs: digest('3') }, false],
    ['one does not say', { runs: null }, false],
    ['one is down', { serving: false }, false],
  ])('is what stands by only when %s', async (_, change, well) => {
    const standby = { to: release('1'), afterMs: 5000 }
    const [one] = planOf().batches.flat()
    if (one === undefined) throw new Error('no instance')
    const others = { ...one, serving: true, runs: digest('1') }
    const { rollback, releaseNotes } = standBy({ target, standby, releaseNotes: ['a note'] }, [
      others,
      { ...others, ...change },
    ])
    expect(rollback).toEqual(well ? { to: release('1'), id: null, afterMs: 5000 } : null)
    expect(releaseNotes).toHaveLength(well ? 1 : 2)
    const none = standBy({ target, standby: { to: null, afterMs: 5000 } }, [others])
    expect(none).toEqual({ rollback: null, releaseNotes: [expect.stringContaining('held as it is')] })
  })

  it('is nothing for a rollback', async () => {
    expect(await back({ kind: 'rollback' }, { good })).toMatchObject({ rollback: null })
  })
})
