import { describe, expect, it } from 'vitest'
import { noon, rolloutOf, planOf, textOf, world } from './fakes.ts'

const live = rolloutOf(12, 'rolling', ['done', 'proving', 'waiting'], { requestedBy: { id: 'U0BOB', name: 'bob' } })
const dead = rolloutOf(11, 'failed', ['done', 'failed', 'kept'], { reason: 'new billing', next: ['vape'] })
const good = rolloutOf(10, 'succeeded', ['done', 'done', 'done'])

describe('abort', () => {
  it.each(['abort 12', 'abort #12', 'abort api production', 'abort prod api'])(
    '%j demands the right with the owner of the rollout, and says what state the fleet is in',
    async (text) => {
      const { say, did } = await world({ rollouts: [live] })
      const reply = await say(`${text} --reason "wrong image"`)
      expect(did.authorized).toEqual([
        { right: 'abort', scope: { kind: 'target', target: { service: 'api', tier: 'production' } }, owner: 'U0BOB' },
      ])
      expect(did.aborted).toEqual([[12, 'wrong image']])
      expect(reply).toMatchObject({ outcome: 'done', rollouts: [12] })
      expect(textOf(reply)).toContain('The fleet now: 1 of 3 instances replaced, api@2 under way, 1 untouched.')
      expect(textOf(reply)).toContain('`retry 12` does the rest')
    },
  )

  it.each([
    ['abort 11', 'refused', 'Nothing to abort. Rollout 11 (deploy of api in production) failed 30s ago, after 30s'],
    [
      'abort 11',
      'refused',
      'At its end, 2026-01-05 11:59:30 UTC: 1 of 3 instances replaced, api@2 failed, 1 untouched.',
    ],
    ['abort 99', 'refused', 'There is no rollout 99: `status` shows what is live.'],
    ['abort vape staging', 'refused', 'Nothing rolls on vape staging, and nothing ever did'],
    ['abort', 'mistyped', 'Say which rollout: `abort &lt;id&gt;`'],
    ['abort api', 'mistyped', 'Say which rollout'],
    ['abort apii production', 'mistyped', 'Did you mean `api`?'],
  ])('%j is %s: %s', async (text, outcome, answer) => {
    const { say, did } = await world({ rollouts: [dead] })
    const reply = await say(text)
    expect(reply.outcome).toBe(outcome)
    expect(textOf(reply)).toContain(answer)
    expect(did).toMatchObject({ authorized: [], aborted: [] })
  })

  it('says who was first', async () => {
    const { say } = await world({
      rollouts: [live],
      can: {
        abort: { abort: async () => ({ kind: 'already', by: { id: 'U0CAROL', name: 'carol' }, at: noon - 2000 }) },
      },
    })
    expect(textOf(await say('abort 12'))).toContain('is already being aborted, by @carol, 2s ago.')
  })

  it('tells how it ended when it ended first', async () => {
    const { say } = await world({
      rollouts: [live],
      can: { abort: { abort: async () => ({ kind: 'over', rollout: good }) } },
    })
    expect(textOf(await say('abort 12'))).toContain(
      'Nothing to abort. Rollout 10 (deploy of api in production) succeeded',
    )
  })
})

describe('retry', () => {
  it('plans what was left, with the same options, and takes the rest of the list along', async () => {
    const { say, did } = await world({ rollouts: [dead] })
    const reply = await say('retry 11')
    expect(reply).toMatchObject({ outcome: 'done', rollouts: [12] })
    expect(did.authorized).toMatchObject([{ right: 'retry', owner: 'U0ANN' }])
    expect(did.planned).toMatchObject([
      {
        kind: 'deploy',
        batch: { kind: 'count', count: 1 },
        canary: 0,
        only: { units: ['api@2.service', 'api@3.service'], why: 'left' },
      },
    ])
    expect(did.started).toMatchObject([{ retryOf: 11, reason: 'new billing', next: ['vape'] }])
  })

  it('runs a preparation again only when nobody had done it', async () => {
    const preparation = { command: ['migrate', 'up'], timeoutMs: 60_000, env: [], doneBy: null }
    const preparedBy = async (stage: 'running' | 'done' | 'failed', doneBy: number | null) => {
      const plan = planOf({ preparation: { ...preparation, doneBy } })
      const { say, did } = await world({
        rollouts: [{ ...dead, plan, preparation: { stage, driver: 'a:1', since: 0 } }],
      })
      await say('retry 11')
      return did.planned[0]?.preparedBy
    }
    expect(await preparedBy('failed', null)).toBe(undefined)
    expect(await preparedBy('done', null)).toBe(11)
    // It was itself a retry of one that had.
    expect(await preparedBy('done', 7)).toBe(7)
  })

  it('says that another command is run than the one that prepared it, where the configuration names one by now', async () => {
    const preparation = { command: ['migrate', 'up'], timeoutMs: 60_000, env: [], doneBy: null }
    const now = { ...preparation, command: ['migrate', 'up', '--all'] }
    const { say, did } = await world({
      rollouts: [{ ...dead, plan: planOf({ preparation }), preparation: { stage: 'done', driver: 'a:1', since: 0 } }],
      planned: () => ({ kind: 'plan', plan: planOf({ preparation: now }), blockers: [] }),
    })
    expect(textOf(await say('retry 11'))).toContain(
      'Rollout 11 ran `migrate up`, and by now the configuration names `migrate up --all`: that is run first.',
    )
    expect(did.planned).toMatchObject([{ preparedBy: 11, preparedWith: ['migrate', 'up'] }])
  })

  it('has a canary again only when that was not proven before', async () => {
    const plan = planOf({ canary: true })
    const proven = await world({ rollouts: [{ ...dead, plan }] })
    await proven.say('retry 11')
    expect(proven.did.planned).toMatchObject([{ canary: 0 }])
    const unproven = await world({ rollouts: [rolloutOf(11, 'aborted', ['failed', 'waiting', 'waiting'], { plan })] })
    await unproven.say('retry 11 --reason again')
    expect(unproven.did.planned).toMatchObject([{ canary: 1 }])
    expect(unproven.did.started).toMatchObject([{ reason: 'again' }])
  })

  it.each([
    ['retry 10', 'Nothing is left of it to retry: `deploy api production` rolls all of it again.'],
    ['retry 12', 'is rolling, begun 1m ago by @bob. Nothing to retry while it lives: `abort 12` ends it.'],
    ['retry 13', 'It had replaced every instance'],
    ['retry 99', 'There is no rollout 99'],
  ])('%j is refused: %s', async (text, answer) => {
    const full = rolloutOf(13, 'aborted', ['done', 'done', 'done'])
    const { say, did } = await world({ rollouts: [live, dead, good, full] })
    const reply = await say(text)
    expect(reply.outcome).toBe('refused')
    expect(textOf(reply)).toContain(answer)
    expect(did).toMatchObject({ authorized: [], planned: [], started: [] })
  })

  it('is stopped by what stands in the way', async () => {
    const message = '2 of 2 instances do not serve now'
    const given = {
      rollouts: [dead],
      planned: () => ({
        kind: 'plan' as const,
        plan: planOf(),
        blockers: [{ kind: 'already-down' as const, message, force: true }],
      }),
    }
    const stopped = await world(given)
    expect((await stopped.say('retry 11')).outcome).toBe('refused')
    expect(stopped.did.started).toEqual([])
    const forced = await world(given)
    expect((await forced.say('retry 11 --force')).outcome).toBe('done')
    expect(forced.did.started).toHaveLength(1)
  })
})
