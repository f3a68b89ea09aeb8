import { describe, expect, it } from 'vitest'
import type { Planned } from '../../src/domain/plan.ts'
import type { Rollout, WaitsFor } from '../../src/domain/rollout.ts'
import { releaseOf } from '../support/releases.ts'
import { ann, noon, planOf, rolloutOf, textOf, world } from './fakes.ts'

const bob = { id: 'U0BOB', name: 'bob' }
const turn: WaitsFor = { kind: 'turn', live: 9, ahead: [] }
const waiting = (id: number, waits: WaitsFor, over: Partial<Rollout> = {}): Rollout =>
  rolloutOf(id, 'queued', ['waiting', 'waiting', 'waiting'], {
    endedAt: null,
    waiting: { for: waits, ask: { kind: 'deploy', batch: null, canary: null, only: null }, force: false },
    ...over,
  })
const asks = waiting(12, { kind: 'yes', hash: 'other', obstacles: [{ kind: 'already-down', message: '2 are down' }] })

describe('queue', () => {
  it('lists what waits by target, in order, with who, since when, why and for what', async () => {
    const rollouts = [
      waiting(12, turn, { requestedBy: bob, reason: 'new <billing>' }),
      waiting(13, { kind: 'turn', live: 9, ahead: [12] }),
      waiting(14, { kind: 'hold', reason: 'it is locked' }, { plan: planOf({ service: 'vape', kind: 'restart' }) }),
    ]
    const { say } = await world({ rollouts })
    const reply = await say('queue')
    expect(reply).toMatchObject({ outcome: 'done', visibility: 'sender', rollouts: [12, 13, 14] })
    expect(textOf(reply).split('\n')).toEqual([
      '*api production*',
      '`12`  deploy by @bob, asked for 1m ago, because: new &lt;billing&gt;; place 1 in the queue: rollout 9 is under way there',
      '`13`  deploy by @ann, asked for 1m ago; place 2 in the queue: rollout 9 is under way there, and rollout 12 waits before it',
      '*vape production*',
      '`14`  restart by @ann, asked for 1m ago; first in the queue, but it is locked',
    ])
    expect(textOf(await say('queue vape production'))).not.toContain('api')
    expect(textOf(await say('queue staging'))).toBe('Nothing waits for staging.')
    expect((await say('queue beavis staging')).outcome).toBe('refused')
  })

  it('names one whose record cannot be read, among the others', async () => {
    const { say } = await world({
      read: (read) => ({
        rollouts: {
          ...read.rollouts,
          waiting: async () => [
            {
              id: 12,
              target: { service: 'api', tier: 'production' },
              rollout: null,
              unreadable: { key: 'rollouts/000000000012', why: 'it is no JSON' },
            },
          ],
        },
      }),
    })
    expect(textOf(await say('queue')).split('\n')).toEqual([
      '⚠️ The record rollouts/000000000012 in etcd cannot be read: it is no JSON. Opsee leaves it as it is, and work that needs it waits.',
      '*api production*',
      '`12`  its record cannot be read',
    ])
  })
})

describe('confirm', () => {
  it('demands the right of the rollout itself, and says yes to the plan that is shown', async () => {
    const { say, did } = await world({ rollouts: [asks] })
    const reply = await say('confirm 12 --plan other')
    expect(textOf(reply)).toContain('begins with plan `other`, unless it changes once more')
    expect(did.authorized).toMatchObject([{ right: 'deploy', scope: { target: { service: 'api' } } }])
    expect(did.confirmed).toEqual([[12, 'other']])

    const { waiting: waits } = asks
    if (waits === null) throw new Error('never')
    const tagged = await world({ rollouts: [{ ...asks, waiting: { ...waits, ask: { ...waits.ask, tag: 'v2' } } }] })
    await tagged.say('confirm 12')
    expect(tagged.did.authorized).toMatchObject([{ right: 'deploy', tag: 'v2' }])

    const first = rolloutOf(11, 'failed', ['failed'], { requestedBy: bob })
    const retry = await world({ rollouts: [first, { ...asks, retryOf: 11 }] })
    await retry.say('confirm 12')
    expect(retry.did.authorized).toMatchObject([{ right: 'retry', owner: 'U0BOB' }])
    expect(textOf(await retry.say('can confirm 12'))).toContain('The right is `retry`')
  })

  it('is refused, before any right is asked for, where nobody is asked for a yes', async () => {
    const { say, did } = await world({ rollouts: [waiting(12, turn), rolloutOf(13, 'succeeded', ['done'])] })
    for (const id of [12, 13, 99]) expect((await say(`confirm ${id}`)).outcome).toBe('refused')
    expect(textOf(await say('confirm 12'))).toContain('place 1 in the queue: rollout 9 is under way there')
    expect(did.authorized).toEqual([])
  })

  it.each([
    ['changed', { kind: 'changed', hash: 'third' }, 'shows plan `third` by now'],
    ['confirmed by another', { kind: 'already', by: bob }, '@bob has said yes already'],
    ['begun meanwhile', { kind: 'not-asked', rollout: rolloutOf(12, 'rolling', ['waiting']) }, 'is rolling'],
    ['gone', { kind: 'none' }, 'no rollout 12 any more'],
  ] as const)('says so when it was %s', async (_, result, text) => {
    const { say } = await world({ rollouts: [asks], can: { deploy: { confirm: async () => result } } })
    expect(textOf(await say('confirm 12'))).toContain(text)
  })
})

describe('a busy target', () => {
  const planned = (): Planned => ({
    kind: 'plan',
    plan: planOf(),
    blockers: [{ kind: 'busy', message: 'rollout 9 is under way on it', force: false }],
  })

  it('is waited for, and the answer says so', async () => {
    const queued = { kind: 'queued', id: 12, for: turn } as const
    const { say } = await world({ planned, can: { deploy: { start: async () => queued } } })
    const reply = await say('deploy api,vape production')
    expect(reply).toMatchObject({ outcome: 'done', rollouts: [12] })
    expect(textOf(reply)).toBe(
      'Rollout 12 of api to production waits: place 1 in the queue: rollout 9 is under way there. It begins by itself, once rights, locks and plan were checked again; `abort 12` takes it out. Then vape, each once the one before has succeeded.',
    )
  })

  it('is asked for once by those who want the same, and the answer names the one that waits', async () => {
    const joined = { kind: 'joined', rollout: waiting(12, turn, { requestedBy: bob }) } as const
    const { say } = await world({ planned, can: { deploy: { start: async () => joined } } })
    const reply = await say('deploy api production')
    expect(reply.outcome).toBe('done')
    expect(textOf(reply)).toContain(
      'Nothing was added: rollout 12 waits for api production already, since 1m ago by @bob',
    )
  })

  it('is asked for once while the first rollout is live, and the answer names that one', async () => {
    const live = rolloutOf(9, 'rolling', ['done', 'proving', 'waiting'], { requestedBy: bob, endedAt: null })
    const joined = { kind: 'joined', rollout: live } as const
    const { say } = await world({ planned, can: { deploy: { start: async () => joined } } })
    const reply = await say('deploy api production')
    expect(reply).toMatchObject({ outcome: 'done', rollouts: [9] })
    expect(textOf(reply)).toBe(
      'Nothing was added: rollout 9 of api production does just this already, begun 1m ago by @bob: 1 of 3 instances replaced, api@2 under way, 1 untouched. `show 9` says how it stands; once it has ended, the same command begins another one.',
    )
  })

  it('has a live rollout that leaves nothing to do: the answer names it, and is no refusal', async () => {
    const to = { ...releaseOf('2'), tag: 'v2' }
    const at = { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' } as const
    const release = { at, from: to.digest, to, proof: { by: 'none' } } as const
    const plan = planOf({ release })
    const live = rolloutOf(9, 'rolling', ['done', 'done', 'proving'], { plan, endedAt: null })
    const there = { kind: 'there-already', message: 'it runs v2 already', force: true } as const
    const again = await world({ rollouts: [live], planned: () => ({ kind: 'plan', plan, blockers: [there] }) })
    expect(textOf(await again.say('deploy api production'))).toContain('rollout 9 of api production does just this')
    expect((await again.say('restart api production')).outcome).toBe('done')
    const ending = { ...live, ending: { kind: 'aborted', by: ann, reason: null } } as const
    const late = await world({ rollouts: [ending], planned: () => ({ kind: 'plan', plan, blockers: [there] }) })
    expect((await late.say('deploy api production')).outcome).toBe('refused')

    const scale = { ...live, plan: planOf({ kind: 'scale', scale: { from: 3, to: 5 } }) }
    const message = 'the instances are already there: 5 of 5'
    const full = { kind: 'impossible', message, transient: false, satisfied: true } as const
    const scaled = await world({ rollouts: [scale], planned: () => full })
    expect(textOf(await scaled.say('scale api production 5'))).toContain('rollout 9 of api production does just this')
    expect(textOf(await scaled.say('scale api production 6'))).toContain(message)
  })

  it('says that a hook asks for it, and when a list was typed', async () => {
    const { say, did } = await world({ planned })
    await say('deploy api production', { source: 'hook' })
    await say('deploy api,vape production')
    expect(did.started[0]).toMatchObject({ asker: 'hook' })
    expect(did.started[1]).toMatchObject({ typed: { at: noon } })
    expect(did.started[1]).not.toHaveProperty('asker')
  })

  it('has its waiting rollouts in status, and abort takes one out by name when it is the only one', async () => {
    const one = await world({ rollouts: [waiting(12, turn)] })
    expect(textOf(await one.say('status api production'))).toContain('Rollout 12 waits for it: `queue api production`')
    expect(textOf(await one.say('status'))).toContain('1 rollout in the queue')
    const reply = await one.say('abort api production')
    expect(textOf(reply)).toContain('leaves the queue, and nothing was done')
    expect(one.did.aborted).toEqual([[12, null]])
    const two = await world({ rollouts: [waiting(12, turn), waiting(13, turn, { requestedBy: ann })] })
    expect(textOf(await two.say('abort api production'))).toContain('say `abort 12` or `abort 13`')
    expect(two.did.aborted).toEqual([])
  })
})
