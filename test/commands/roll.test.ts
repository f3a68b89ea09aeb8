import { describe, expect, it } from 'vitest'
import type { Blocker, Planned } from '../../src/domain/plan.ts'
import type { WaitsFor } from '../../src/domain/rollout.ts'
import { releaseOf, releasesWith } from '../support/releases.ts'
import { ann, noon, planOf, textOf, world } from './fakes.ts'

const busy: Blocker = { kind: 'busy', message: 'rollout 9 is under way on it', force: false }
const locked: Blocker = { kind: 'locked', message: 'all of production is locked by bob: db', force: false }
const down: Blocker = { kind: 'already-down', message: '2 of 3 instances do not serve now', force: true }
const blocked =
  (...blockers: readonly Blocker[]) =>
  (): Planned => ({ kind: 'plan', plan: planOf(), blockers })

describe('deploy', () => {
  it('starts exactly the plan, and answers in one line', async () => {
    const { say, did } = await world()
    const reply = await say('deploy api production --batch 2 --canary 1 --reason “new billing”')
    expect(reply).toMatchObject({ outcome: 'done', visibility: 'sender', rollouts: [12] })
    expect(textOf(reply)).toBe('Rollout 12 of api to production has begun; follow it in the thread.')
    expect(did.planned).toEqual([
      {
        kind: 'deploy',
        target: { service: 'api', tier: 'production' },
        batch: { kind: 'count', count: 2 },
        canary: 1,
        only: null,
        actor: ann,
      },
    ])
    expect(did.started).toMatchObject([
      { plan: { hash: 'abcdef012345' }, reason: 'new billing', retryOf: null, next: [], place: { channel: 'C1' } },
    ])
  })

  it('takes the rest of a list along, once all of it could be planned', async () => {
    const { say, did } = await world()
    const reply = await say('deploy production api, vape,beavis')
    expect(textOf(reply)).toContain('Then vape and beavis, each once the one before has succeeded.')
    expect(did.started).toMatchObject([{ plan: { service: 'api' }, next: ['vape', 'beavis'] }])
  })

  it('starts nothing when a later one of the list cannot be rolled', async () => {
    const { say, did } = await world({
      planned: (request) =>
        request.target.service === 'vape'
          ? { kind: 'impossible', message: 'fleet knows no instance of vape@.service', transient: false }
          : { kind: 'plan', plan: planOf(), blockers: [] },
    })
    const reply = await say('deploy api,vape staging')
    expect(reply.outcome).toBe('refused')
    expect(textOf(reply)).toBe('Nothing was started:\n`vape staging`  fleet knows no instance of vape@.service')
    expect(did.started).toEqual([])
  })

  it('is stopped by what stands in the way, and says what to type instead', async () => {
    const { say, did } = await world({ planned: blocked(locked, down) })
    const reply = await say('deploy api production')
    expect(reply.outcome).toBe('refused')
    expect(textOf(reply)).toContain('all of production is locked by bob: db; `locks` says until when')
    expect(textOf(reply)).toContain('2 of 3 instances do not serve now')
    expect(did.started).toEqual([])
  })

  it('goes on with --force past what force can pass, and past nothing else', async () => {
    const passing = await world({ planned: blocked(down) })
    const reply = await passing.say('deploy api production --force')
    expect(textOf(reply)).toContain('Going on all the same on api production: 2 of 3 instances do not serve now.')
    expect(passing.did.started).toHaveLength(1)
    const stopped = await world({ planned: blocked(down, locked) })
    expect((await stopped.say('deploy api production --force')).outcome).toBe('refused')
    expect(stopped.did.started).toEqual([])
  })

  it('does not point to the builds of a service of whose images nothing is known', async () => {
    const { say } = await world({})
    expect(textOf(await say('deploy api production v2'))).toBe(
      'Nothing was started: there is no registry in the configuration.',
    )
  })

  it('shows the plan on a dry run: instances, batches, gate, blockers and hash, and asks for no right', async () => {
    const preparation = { command: ['bin/migrate', 'up to <v2>'], timeoutMs: 300_000, env: [], doneBy: null }
    const { say, did } = await world({
      planned: () => ({
        kind: 'plan',
        plan: planOf({ canary: true, settleMs: 1500, preparation, warnings: ['the <unit> file differs'] }),
        blockers: [busy],
      }),
    })
    const text = textOf(await say('deploy api production --dry-run'))
    expect(text).toContain('*Deploy of api in production*: 3 instances of `api@.service`, at most 1 away at once.')
    expect(text).toContain('`canary `  api@1 on 10.0.0.1 (active/running)')
    expect(text).toContain('`batch 3`  api@3 on 10.0.0.3 (active/running)')
    expect(text).toContain('Gate: HTTP `/health` on port 8080, after 1.5s of running without a flaw. Gives up after 5m')
    expect(text).toContain('Note: the &lt;unit&gt; file differs.')
    expect(text).toContain(
      "First it runs `bin/migrate 'up to &lt;v2&gt;'` (up to 5m); should that fail, nothing is changed.",
    )
    expect(text).toContain('It would wait in the queue: rollout 9 is under way on it.')
    expect(text).toContain('Plan `abcdef012345`.')
    expect(text).toContain('Nothing was started')
    expect(did).toMatchObject({ authorized: [], started: [], settled: [] })
  })

  it('demands the right to the tag or the commit that was typed, and keeps it for when its turn has come', async () => {
    const known = ['1', '2'].map(releaseOf)
    const commit = { ...releaseOf('2'), tag: 'latest' }
    const releases = releasesWith({}, known, {
      resolve: async (_, reference) => ({
        kind: 'release',
        release: reference === '2222222' ? commit : releaseOf('2'),
      }),
    })
    const shop = () => world({ read: () => ({ releases }) })
    for (const tag of ['v2', 'latest', '2222222']) {
      const { say, did } = await shop()
      await say(`deploy api production ${tag}`)
      expect(did.authorized).toMatchObject([{ right: 'deploy', tag }])
      expect(did.started).toMatchObject([{ ask: { tag } }])
    }
    for (const typed of ['deploy api production', `deploy api production ${releaseOf('2').digest}`]) {
      const { say, did } = await shop()
      await say(typed)
      expect(did.authorized).toHaveLength(1)
      expect([did.authorized[0], did.started[0]?.ask]).not.toContainEqual(
        expect.objectContaining({ tag: expect.anything() }),
      )
    }
  })

  it('reports what happened between the plan and the start', async () => {
    const lock = { service: null, tier: 'production', by: ann, why: 'db', at: noon - 60_000, until: null, audit: 1 }
    const turn: WaitsFor = { kind: 'turn', live: 9, ahead: [10, 11] }
    const full = { kind: 'full', for: turn, waiting: [10, 11] } as const
    const fullNow = await world({ can: { deploy: { start: async () => full } } })
    const first = await fullNow.say('deploy api production')
    expect([first.outcome, textOf(first)]).toEqual([
      'refused',
      'Nothing was started: api production is not free (place 3 in the queue: rollout 9 is under way there, and rollouts 10 and 11 wait before it). 2 rollouts wait already, which is as many as may. `status api production` shows what rolls, `queue api production` what waits.',
    ])
    const locked = await world({ can: { deploy: { start: async () => ({ kind: 'locked', lock }) } } })
    const second = await locked.say('deploy api production')
    expect([second.outcome, textOf(second)]).toEqual([
      'refused',
      'Nothing was started. All of production is held by @ann, locked 1m ago, until it is lifted: db.',
    ])
    const again = await world({ can: { deploy: { start: async () => ({ kind: 'repeated', id: 7 }) } } })
    expect(textOf(await again.say('deploy api production'))).toContain(
      'That was begun before, as rollout 7 of api production',
    )
  })
})

describe('restart', () => {
  it('is the same under its own right and kind', async () => {
    const { say, did } = await world()
    await say('restart vape stg')
    expect(did.authorized).toMatchObject([{ right: 'restart' }])
    expect(did.planned).toMatchObject([{ kind: 'restart', target: { service: 'vape', tier: 'staging' } }])
    expect(did.started).toMatchObject([{ plan: { kind: 'restart' } }])
  })

  it('of one instance, or some, plans exactly those, by their units and in any way of writing', async () => {
    for (const [typed, units] of [
      ['restart api@3 production', ['api@3.service']],
      ['restart production bartnet@1,3 --reason "leaks"', ['api@1.service', 'api@3.service']],
      ['restart api@1, api@2.service, 2 prod', ['api@1.service', 'api@2.service']],
      ['restart api@blue production', ['api@blue.service']],
    ] as const) {
      const { say, did } = await world()
      const reply = await say(typed)
      expect([typed, reply.outcome, textOf(reply)]).toEqual([
        typed,
        'done',
        'Rollout 12 of api to production has begun; follow it in the thread.',
      ])
      expect(did.planned).toMatchObject([{ kind: 'restart', only: { units, why: 'named' } }])
      expect(did.authorized).toMatchObject([
        { right: 'restart', scope: { kind: 'target', target: { service: 'api', tier: 'production' } } },
      ])
    }
  })

  it.each([
    ['restart api@1,vape production', '`vape` is of another service'],
    ['restart api@1,vape@2 production', '`vape` is of another service'],
    ['restart vape,api@2 production', '`vape` is of another service'],
    ['restart beavis@1 production', '`beavis` is one plain unit, `beavis.service`, without numbered instances'],
    ['restart api@ production', 'Say which instance of `api`: `api@1`, or `api` for all.'],
    ['restart api@{1..3} production', '`{1..3}` is no instance: write them as `api@1` or `api@1,3`.'],
    ['restart apj@1 production', 'There is no service called `apj`. Did you mean `api`?'],
    ['restart api@1 prodction', 'There is no tier called `prodction`. Did you mean `production`?'],
    ['restart api@1', 'Say which tier: `staging` or `production`.'],
    ['deploy api@1 production', 'There is no service called `api@1`.'],
  ])('%s is mistyped, and the answer says what to write', async (typed, says) => {
    const { say, did } = await world()
    const reply = await say(typed)
    expect(textOf(reply)).toContain(says)
    expect(did).toMatchObject({ planned: [], authorized: [], started: [] })
  })
})
