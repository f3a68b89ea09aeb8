import { describe, expect, it } from 'vitest'
import { digestOf, releaseOf, releasesWith } from '../support/releases.ts'
import { known, noon, rolloutOf, textOf, unit, world } from './fakes.ts'
import { ended, leftOf, meantOf } from '../support/left.ts'

const units = [unit('api@1.service', '10.0.0.1'), unit('api@2.service', '10.0.0.2')]
const left = leftOf(ended(9, noon - 3_600_000), meantOf(9, 'api@1.service', 'api@2.service', 'api@3.service'))
const nothingLeft = leftOf(null, null)
const restart = { unit: 'api@1.service', moved: false, at: noon - 240_000, toldAt: noon - 240_000 }
const memory = { rollout: 9, processes: [], told: [], restarts: [restart], lines: 1, sending: null }

describe('drift', () => {
  it('has a line for each finding, counts the rest, and leaves out what rolls', async () => {
    const { say, did } = await world({
      read: (read) => ({
        clusters: { of: () => ({ ...read.clusters.of('production'), observe: async () => known(...units) }) },
        releases: releasesWith({ 'api production': digestOf('1') }, ['1', '2'].map(releaseOf)),
        health: {
          check: async (_, ip) => ({ kind: 'healthy', identity: null, says: digestOf(ip === '10.0.0.1' ? '1' : '2') }),
        },
        rollouts: { ...read.rollouts, left: async ({ service }) => (service === 'api' ? left : nothingLeft) },
        drift: { memory: async ({ service }) => (service === 'api' ? memory : null) },
      }),
    })
    const text = textOf(await say('drift production'))
    expect(text).toContain('api@3.service is missing: rollout 9 left it running')
    expect(text).toContain('api@2.service runs sha256:222222222222, which is not what is wanted')
    expect(text).toContain('api@1.service was restarted outside of Opsee (by hand, or it crashed), seen 4m ago')
    expect(text).toContain('2 targets were never rolled out by Opsee.')
    expect(did.authorized).toEqual([])
  })

  it('says what could not be seen, and forgets restarts of before the last rollout', async () => {
    const { say } = await world({
      read: (read) => ({
        clusters: { of: () => ({ ...read.clusters.of('production'), observe: async () => known(...units) }) },
        releases: releasesWith({}, [], { wanted: async () => ({ kind: 'unknown', reason: 'quay.io is silent' }) }),
        drift: { memory: async () => memory },
        rollouts: { ...read.rollouts, left: async () => leftOf(ended(10, noon), null) },
      }),
    })
    const text = textOf(await say('drift production'))
    expect(text).toContain('not all of it could be seen: quay.io is silent')
    expect(text).not.toContain('restarted')
  })

  it('knows by its labels which release an instance runs, when that was moved outside', async () => {
    const { say } = await world({
      read: (read) => ({
        clusters: { of: () => ({ ...read.clusters.of('production'), observe: async () => known(...units) }) },
        releases: releasesWith({ 'api production': digestOf('2') }, ['1', '2'].map(releaseOf), {
          proof: () => ({ by: 'label', label: 'revision', field: 'revision' }),
        }),
        health: { check: async () => ({ kind: 'healthy', identity: null, says: '2'.repeat(40) }) },
        rollouts: { ...read.rollouts, lastGood: async () => ({ id: 7, at: 0, by: '@ann', release: releaseOf('1') }) },
      }),
    })
    const text = textOf(await say('drift production'))
    expect(text).toContain('names sha256:222222222222, and rollout 7 left v1')
    expect(text).not.toContain('which is not what is wanted')
  })

  it('says which fleet is away, and what is under way', async () => {
    const live = rolloutOf(12, 'rolling', ['done', 'proving', 'waiting'])
    const { say } = await world({ rollouts: [live] })
    expect(textOf(await say('drift production'))).toContain('rollout 12 is under way')
  })
})
