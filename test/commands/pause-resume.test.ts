import { describe, expect, it } from 'vitest'
import { ann, noon, rolloutOf, textOf, world } from './fakes.ts'

const bob = { id: 'U0BOB', name: 'bob' }
const pause = { kind: 'pause' as const, by: ann, reason: null, at: noon - 60_000 }
const live = rolloutOf(12, 'rolling', ['done', 'proving', 'waiting'], { requestedBy: bob })
const last = rolloutOf(12, 'rolling', ['done', 'done', 'proving'], { requestedBy: bob })
const paused = rolloutOf(12, 'paused', ['done', 'waiting', 'waiting'], { requestedBy: bob, pause })
const dead = rolloutOf(11, 'failed', ['done', 'failed', 'kept'])
const demands = (right: string, more: object = {}) => [
  { right, scope: { kind: 'target', target: { service: 'api', tier: 'production' } }, owner: 'U0BOB', ...more },
]

describe('pause', () => {
  it.each(['pause 12', 'pause #12', 'pause api production'])(
    '%j demands the right with the owner of the rollout, and says what still happens',
    async (text) => {
      const { say, did } = await world({ rollouts: [live] })
      const reply = await say(`${text} --reason graphs`)
      expect(did.authorized).toEqual(demands('pause'))
      expect(did.paused).toEqual([[12, 'graphs']])
      expect(reply).toMatchObject({ outcome: 'done', rollouts: [12] })
      expect(textOf(reply)).toContain(
        'is being paused: api@2 is brought to its end first, then nothing new begins. The fleet now: 1 of 3 instances replaced, api@2 under way, 1 untouched. `resume 12` lets it go on.',
      )
    },
  )

  it('says when nothing is left to hold', async () => {
    const { say } = await world({ rollouts: [last] })
    expect(textOf(await say('pause 12'))).toContain('as nothing is left to begin, the rollout ends with that')
  })

  it('says who was first', async () => {
    const already = { pause: { pause: async () => ({ kind: 'already' as const, by: ann, at: noon - 60_000 }) } }
    const { say } = await world({ rollouts: [paused], can: already })
    expect(textOf(await say('pause 12'))).toContain('is paused already, by @ann, 1m ago.')
  })

  it.each([
    ['pause 11', 'Nothing to pause. Rollout 11 (deploy of api in production) failed 30s ago'],
    ['pause 99', 'There is no rollout 99'],
    ['resume 11', 'Nothing to resume. Rollout 11'],
    ['resume', 'Say which rollout: `resume &lt;id&gt;`'],
  ])('%j changes nothing: %s', async (text, answer) => {
    const { say, did } = await world({ rollouts: [dead] })
    expect(textOf(await say(text))).toContain(answer)
    expect(did).toMatchObject({ authorized: [], paused: [], resumed: [] })
  })

  it('is too late for one that ends already', async () => {
    const ending = { pause: { pause: async () => ({ kind: 'ending' as const }) } }
    const { say } = await world({ rollouts: [live], can: ending })
    expect(await say('pause 12')).toMatchObject({ outcome: 'refused' })
  })
})

describe('resume', () => {
  it('lets it go on', async () => {
    const { say, did } = await world({ rollouts: [paused] })
    const reply = await say('resume api production')
    expect(did.authorized).toEqual(demands('resume', { rolls: 'deploy' }))
    expect(did.resumed).toEqual([[12, null]])
    expect(textOf(reply)).toContain('Rollout 12 (deploy of api in production) goes on.')
  })

  it('of one that is not paused changes nothing, however often it is pressed', async () => {
    const not = { resume: { resume: async () => ({ kind: 'not-paused' as const, stopped: false }) } }
    const { say } = await world({ rollouts: [live], can: not })
    const reply = await say('resume 12')
    expect(reply.outcome).toBe('refused')
    expect(textOf(reply)).toContain('is rolling, begun 1m ago by @bob. It is not paused: nothing to resume.')
  })
})

describe('the second of two clicks', () => {
  const already = { kind: 'already' as const, by: ann, at: noon - 2000 }

  it.each([
    ['resume 12', { resume: { resume: async () => already } }, 'goes on already: @ann resumed it 2s ago.'],
    [
      'continue 12',
      { continue: { go: async () => already } },
      '@ann let Rollout 12 (deploy of api in production) go on',
    ],
    ['abort 12', { abort: { abort: async () => already } }, 'is already being aborted, by @ann, 2s ago.'],
    ['take 12', { take: { take: async () => already } }, 'is yours already: you took it over 2s ago.'],
  ])('%j is answered by who was first and when, and is no refusal', async (text, can, answer) => {
    const { say } = await world({ rollouts: [paused], can })
    const reply = await say(text)
    expect(reply).toMatchObject({ outcome: 'done', rollouts: [12] })
    expect(textOf(reply)).toContain(answer)
  })
})

describe('a paused rollout', () => {
  it('is shown as such, keeps its target, and cannot be retried', async () => {
    const { say } = await world({ rollouts: [paused] })
    expect(textOf(await say('status api production'))).toContain('is paused by @ann, begun 1m ago by @bob')
    expect(textOf(await say('show 12'))).toContain('Rollout 12 (deploy of api in production) is paused by @ann')
    expect(textOf(await say('retry 12'))).toContain('Nothing to retry while it lives')
  })
})
