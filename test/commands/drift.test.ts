import { describe, expect, it } from 'vitest'
import { digestOf, releaseOf, releasesWith } from '../support/releases.ts'
import { known, planOf, rolloutOf, textOf, unit, world } from './fakes.ts'

const units = [unit('api@1.service', '10.0.0.1'), unit('api@2.service', '10.0.0.2')]
const last = rolloutOf(9, 'succeeded', ['done', 'done', 'done'], { plan: planOf() })

describe('drift', () => {
  it('has a line for each finding, counts the rest, and leaves out what rolls', async () => {
    const { say, did } = await world({
      rollouts: [last],
      read: (read) => ({
        clusters: { of: () => ({ ...read.clusters.of('production'), observe: async () => known(...units) }) },
        releases: releasesWith({ 'api production': digestOf('1') }, ['1', '2'].map(releaseOf)),
        health: {
          check: async (_, ip) => ({ kind: 'healthy', identity: null, says: digestOf(ip === '10.0.0.1' ? '1' : '2') }),
        },
        rollouts: {
          ...read.rollouts,
          history: async ({ service }) => ({
            rows:
              service === 'api'
                ? [
                    {
                      id: 9,
                      kind: 'deploy',
                      service: 'api',
                      tier: 'production',
                      phase: 'succeeded',
                      by: { id: 'U1', name: 'ann' },
                      reason: null,
                      summary: '',
                      release: null,
                      instances: 3,
                      replaced: 3,
                      createdAt: 0,
                      begunAt: null,
                      endedAt: 1,
                    },
                  ]
                : [],
            older: null,
          }),
        },
      }),
    })
    const text = textOf(await say('drift production'))
    expect(text).toContain('api@3.service is missing: rollout 9 left it running')
    expect(text).toContain('api@2.service runs sha256:222222222222, which is not what is wanted')
    expect(text).toContain('are as left')
    expect(did.authorized).toEqual([])
  })

  it('says which fleet is away, and what is under way', async () => {
    const live = rolloutOf(12, 'rolling', ['done', 'proving', 'waiting'])
    const { say } = await world({ rollouts: [live] })
    expect(textOf(await say('drift production'))).toContain('rollout 12 is under way')
  })
})
