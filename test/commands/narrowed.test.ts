import { describe, expect, it } from 'vitest'
import type { Lock } from '../../src/domain/lock.ts'
import { listed } from '../support/listed.ts'
import { ann, known, noon, textOf, unit, world } from './fakes.ts'

const lock = (service: string | null, tier: string): Lock => ({
  service,
  tier,
  by: ann,
  why: `for ${service ?? 'all'}`,
  at: noon - 240_000,
  until: null,
  audit: 1,
})

describe('a service and a tier narrow an answer', () => {
  it('of drift', async () => {
    const { say } = await world()
    expect(textOf(await say('drift api production'))).toContain('1 target')
    expect(textOf(await say('drift api'))).toContain('2 targets')
    expect(await say('drift beavis staging')).toMatchObject({
      outcome: 'refused',
      message: { text: '`beavis` is not deployed to staging, only to production.' },
    })
  })

  it('of locks, where the lock of a whole tier holds each service', async () => {
    const all = [
      lock(null, 'production'),
      lock('api', 'production'),
      lock('vape', 'production'),
      lock('api', 'staging'),
    ]
    const { say } = await world({ read: () => ({ locks: { all: async () => listed(...all), on: async () => all } }) })
    const lines = textOf(await say('locks production api')).split('\n')
    expect(lines.map((line) => /`([^`]+)`/.exec(line)?.[1])).toEqual(['all of production', 'api production'])
    expect(textOf(await say('locks beavis staging'))).toBe('beavis staging is not locked.')
  })

  it('of services', async () => {
    const { say } = await world({
      read: (read) => ({
        clusters: {
          of: (tier) => ({ ...read.clusters.of(tier), observe: async () => known(unit('api@1.service', '10.0.0.1')) }),
        },
      }),
    })
    expect(textOf(await say('services api production'))).toBe(
      '*api*: announced at 0 addresses; fleet: production 1 of 1 running',
    )
    expect(textOf(await say('services staging'))).not.toContain('beavis')
  })

  it('of releases and builds', async () => {
    const { say } = await world()
    expect(textOf(await say('releases production api'))).toContain('`api production`')
    expect(textOf(await say('releases'))).toBe(
      'Say which tier or service: `releases staging` or `releases production`.',
    )
    expect(await say('builds beavis staging')).toMatchObject({ outcome: 'refused' })
  })
})
