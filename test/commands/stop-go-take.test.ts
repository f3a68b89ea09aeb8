import { describe, expect, it } from 'vitest'
import { ann, noon, planOf, rolloutOf, stopOf, textOf, world } from './fakes.ts'
import { listed } from '../support/listed.ts'

const bob = { id: 'U0BOB', name: 'bob' }
const live = rolloutOf(12, 'rolling', ['done', 'proving', 'waiting'], { requestedBy: bob })
const pause = { kind: 'stop' as const, by: ann, reason: 'checkout is down', at: noon - 60_000 }
const held = rolloutOf(12, 'paused', ['done', 'waiting', 'waiting'], { requestedBy: bob, pause })
const tierOf = (right: string) => [{ right, scope: { kind: 'tier', tier: 'production' }, owner: null }]

describe('stop', () => {
  it('is of a whole tier, with its reason, and says to everybody what it holds', async () => {
    const { say, did } = await world()
    const reply = await say('stop prod checkout is down')
    expect(did.authorized).toEqual(tierOf('stop'))
    expect(did.stopped).toEqual(['checkout is down'])
    expect(reply).toMatchObject({ outcome: 'done', visibility: 'everyone', rollouts: [12, 13] })
    expect(textOf(reply)).toContain('🛑 @ann stopped all of production: checkout is down. Nothing new begins there')
    expect(textOf(reply)).toContain('2 rollouts there (12 and 13) rest as soon as')
    expect(textOf(reply)).toContain('`go production` lifts it.')
  })

  it('that stands already is named, and stays as it is', async () => {
    const already = { stop: { stop: async () => ({ kind: 'already' as const, stop: stopOf({ by: bob }) }) } }
    const { say } = await world({ can: already })
    expect(textOf(await say('stop production again'))).toContain(
      'Nothing was changed. All of production is stopped by @bob, 4m ago, for everybody: checkout is down.',
    )
  })

  it('wants a reason', async () => {
    const { say, did } = await world()
    expect((await say('stop production')).outcome).toBe('mistyped')
    expect(did.authorized).toEqual([])
  })

  it('is shown by status and locks', async () => {
    const { say } = await world({
      read: () => ({ stops: { all: async () => listed(stopOf()), on: async () => stopOf() } }),
      rollouts: [held],
    })
    const line = '`production`  *stopped* by @ann, 4m ago, for everybody: checkout is down; `go production` lifts it'
    expect(textOf(await say('locks'))).toContain(line)
    expect(textOf(await say('locks staging'))).toContain('Nothing in staging is locked.')
    expect(textOf(await say('status'))).toContain(line)
    expect(textOf(await say('status staging'))).not.toContain('stopped')
    expect(textOf(await say('status api production'))).toContain('is stopped with its whole tier by @ann')
  })

  it('refuses what would begin there, and says what lifts it', async () => {
    const blocked = {
      planned: () => ({
        kind: 'plan' as const,
        plan: planOf(),
        blockers: [{ kind: 'stopped' as const, message: 'all of production is stopped by @ann: down', force: false }],
      }),
    }
    const { say, did } = await world(blocked)
    const reply = await say('deploy api production --force')
    expect(reply.outcome).toBe('refused')
    expect(textOf(reply)).toContain('all of production is stopped by @ann: down; `go production` lifts it')
    expect(did.started).toEqual([])
  })

  it('that came between the plan and the start is told', async () => {
    const start = { start: async () => ({ kind: 'stopped' as const, stop: stopOf() }) }
    const { say } = await world({ can: { deploy: start } })
    expect(textOf(await say('deploy api production'))).toContain('Nothing was started. All of production is stopped by')
  })
})

describe('go', () => {
  it('lets all of it go on, and says so to everybody', async () => {
    const { say, did } = await world()
    const reply = await say('go production well again')
    expect(did.authorized).toEqual(tierOf('go'))
    expect(did.went).toEqual(['well again'])
    expect(reply).toMatchObject({ outcome: 'done', visibility: 'everyone' })
    expect(textOf(reply)).toBe(
      '▶️ @ann lifted the stop of production ("well again"). It was stopped by @ann, 4m ago: checkout is down. 1 rollout there (12) may go on.',
    )
  })

  it('where nothing is stopped says who lifted the last one', async () => {
    const last = stopOf({ kind: 'go', by: bob, why: null })
    const { say } = await world({ can: { go: { go: async () => ({ kind: 'not-stopped' as const, last }) } } })
    expect(await say('go production')).toMatchObject({ outcome: 'refused' })
    expect(textOf(await say('go production'))).toContain('@bob lifted the last stop 4m ago.')
  })

  it('is what a resume is told that ends a pause of its own while the tier is stopped', async () => {
    const asked = { resume: { resume: async () => ({ kind: 'asked' as const, stopped: true }) } }
    const { say } = await world({ rollouts: [held], can: asked })
    const text = textOf(await say('resume 12'))
    expect(text).toContain(
      'is paused by itself no longer, but all of production is stopped: `go production` lets it go on.',
    )
  })

  it('is what a resume of a stopped rollout is told', async () => {
    const not = { resume: { resume: async () => ({ kind: 'not-paused' as const, stopped: true }) } }
    const { say } = await world({ rollouts: [held], can: not })
    expect(textOf(await say('resume 12'))).toContain('`go production` lets the whole tier go on.')
  })
})

describe('take', () => {
  it.each(['take 12', 'take api production'])('%j makes it mine, and says whose it was', async (text) => {
    const { say, did } = await world({ rollouts: [live] })
    const reply = await say(`${text} --reason lunch`)
    expect(did.authorized).toEqual([
      {
        right: 'take',
        scope: { kind: 'target', target: { service: 'api', tier: 'production' } },
        owner: 'U0BOB',
        rolls: 'deploy',
      },
    ])
    expect(did.taken).toEqual([[12, 'lunch']])
    expect(textOf(reply)).toContain("is yours now; it was @bob's, who is told in the thread.")
  })

  it('twice is harmless', async () => {
    const { say } = await world({
      rollouts: [live],
      can: { take: { take: async () => ({ kind: 'already', at: null }) } },
    })
    expect(await say('take 12')).toMatchObject({ outcome: 'done' })
    expect(textOf(await say('take 12'))).toContain('is yours already.')
  })

  it('makes whoever took it the owner that an abort asks for', async () => {
    const { say, did } = await world({ rollouts: [{ ...live, takenBy: { id: 'U0EVE', name: 'eve' } }] })
    await say('abort 12')
    expect(did.authorized).toMatchObject([{ right: 'abort', owner: 'U0EVE' }])
  })
})
