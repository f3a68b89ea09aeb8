import { describe, expect, it } from 'vitest'
import type { HistoryRow } from '../../src/domain/history.ts'
import type { Phase } from '../../src/domain/rollout.ts'
import { orderRules } from '../../src/rollout/release-order.ts'
import { catalog, ann, noon } from '../commands/fakes.ts'
import { releaseOf } from '../support/releases.ts'

const api = { service: 'api', tier: 'production' }
const minute = 60_000

const row = (id: number, digit: string, phase: Phase, endedAt: number): HistoryRow => ({
  id,
  kind: 'deploy',
  service: 'api',
  tier: 'staging',
  phase,
  by: ann,
  reason: null,
  summary: '',
  release: releaseOf(digit),
  instances: 1,
  replaced: 1,
  createdAt: endedAt,
  begunAt: null,
  endedAt,
})

/** production takes what was well in staging for half an hour. */
async function rules(rows: readonly HistoryRow[], change: { target?: typeof api; only?: string[] } = {}) {
  const asked: unknown[] = []
  const found = await orderRules(change.target ?? api, releaseOf('1'), {
    config: {
      services: {
        api: { ...catalog.serviceConfig('api'), ...(change.only === undefined ? {} : { tiers: change.only }) },
      },
      tiers: {
        staging: catalog.tierConfig('staging'),
        production: { ...catalog.tierConfig('production'), promotedFrom: 'staging', steadyBefore: 30 * minute },
      },
    },
    rollouts: {
      history: async (query) => {
        asked.push(query)
        return { rows, older: null, unreadable: [] }
      },
    },
    clock: { now: () => noon },
  })
  return { messages: found.map(({ message }) => message), kinds: found.map(({ kind, force }) => [kind, force]), asked }
}

const text = 'v1 (revision 1111111111, sha256:111111111111)'

describe('an order of tiers', () => {
  it.each([
    [
      'a release that was never rolled out there',
      [row(1, '2', 'succeeded', noon - 90 * minute)],
      `production takes what was well in staging, and ${text} was not rolled out there with success: \`deploy api staging v1\` first`,
    ],
    [
      'one that failed there since',
      [row(2, '1', 'failed', noon - minute), row(1, '1', 'succeeded', noon - 90 * minute)],
      `production takes what was well in staging, and ${text} failed there, in rollout 2`,
    ],
    [
      'one that is not well for long enough',
      [row(1, '1', 'succeeded', noon - 10 * minute)],
      `production takes what was well in staging for 30m, and ${text} has been so since rollout 1: it may come in 20m`,
    ],
  ])('refuses %s, past any force', async (_, rows, message) => {
    const { messages, kinds, asked } = await rules(rows)
    expect(messages).toEqual([message])
    expect(kinds).toEqual([['order', false]])
    expect(asked).toMatchObject([{ service: 'api', tier: 'staging' }])
  })

  it('lets pass what was well for long enough, a restart of it since then too', async () => {
    const rows = [row(2, '1', 'succeeded', noon - minute), row(1, '1', 'succeeded', noon - 30 * minute)]
    expect((await rules(rows)).messages).toEqual([])
  })

  it('says nothing of a tier without such a rule, nor of a service that is not deployed to the earlier one', async () => {
    expect((await rules([], { target: { service: 'api', tier: 'staging' } })).messages).toEqual([])
    expect((await rules([], { only: ['production'] })).messages).toEqual([])
  })
})
