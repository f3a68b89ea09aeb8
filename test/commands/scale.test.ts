import { describe, expect, it } from 'vitest'
import { ann, planOf, rolloutOf, textOf, world } from './fakes.ts'

const scaled = planOf({
  kind: 'scale',
  scale: { from: 3, to: 4 },
  batches: [
    [
      {
        unit: 'api@4.service',
        task: 'add',
        renews: [],
        sidekicks: ['api-elb@4.service'],
        machine: null,
        state: 'new',
        serving: false,
        stopped: false,
        identity: null,
        runs: null,
      },
    ],
  ],
})

describe('scale', () => {
  it('asks for the right to scale, and starts the plan of that many instances', async () => {
    const { say, did } = await world()
    for (const typed of ['scale api production 5', 'scale prod bartnet 5']) {
      expect(textOf(await say(typed))).toBe('Rollout 12 of api to production has begun; follow it in the thread.')
    }
    const target = { service: 'api', tier: 'production' }
    expect(did.authorized[0]).toEqual({ right: 'scale', scope: { kind: 'target', target }, owner: null })
    expect(did.planned[0]).toEqual({ kind: 'scale', to: 5, target, batch: null, canary: 0, only: null, actor: ann })
    expect(did.started[0]).toMatchObject({ ask: { kind: 'scale', to: 5 }, next: [] })
  })

  it('shows on a dry run which are added, which removed, and starts nothing', async () => {
    const { say, did } = await world({ planned: () => ({ kind: 'plan', plan: scaled, blockers: [] }) })
    const text = textOf(await say('scale api production 4 --dry-run'))
    expect(text).toContain(
      '*Scale of api in production from 3 to 4*: 1 instance of `api@.service`, at most 1 started at once.',
    )
    expect(text).toContain('add api@4, with api-elb@4')
    expect(text).toContain('Nothing was started: this was a dry run of a scale.')
    expect(did).toMatchObject({ authorized: [], started: [] })
    const fewer = planOf({ kind: 'scale', scale: { from: 3, to: 2 } })
    const batches = fewer.batches.slice(2).map((batch) => batch.map((one) => ({ ...one, task: 'remove' as const })))
    const down = await world({ planned: () => ({ kind: 'plan', plan: { ...fewer, batches }, blockers: [] }) })
    const removal = textOf(await down.say('scale api production 2 --dry-run'))
    expect(removal).toContain('from 3 to 2*: 1 instance of `api@.service`, at most 1 away at once.')
    expect(removal).toContain('remove api@3 on 10.0.0.3 (active/running)')
  })

  it.each([
    ['scale api production 0', 'A service is never scaled away: 1 is the fewest.'],
    ['scale api production 9000', '`9000` are more instances than can be meant: 200 are the most.'],
    ['scale api production many', '`many` is no number of instances: write how many there are to be, such as 3.'],
    ['scale api production', '`&lt;n&gt;` is missing. How many instances there are to be, from 1 to 200.'],
    ['scale api,vape production 3', 'There is no service called'],
  ])('%s is mistyped, and the answer says what to write', async (typed, says) => {
    const { say, did } = await world()
    expect(textOf(await say(typed))).toContain(says)
    expect(did).toMatchObject({ planned: [], authorized: [], started: [] })
  })

  it('is taken up again with the number that it had', async () => {
    const failed = rolloutOf(7, 'failed', ['failed'], { plan: scaled })
    const { say, did } = await world({ rollouts: [failed] })
    await say('retry 7')
    expect(did.started).toMatchObject([{ ask: { kind: 'scale', to: 4, only: { why: 'left' } }, retryOf: 7 }])
  })
})

describe('--units', () => {
  it('rolls out unit files that changed, with what follows in a list and in a retry', async () => {
    const { say, did } = await world()
    await say('deploy api,vape production --units')
    await say('restart api@1 production --units')
    expect(did.planned).toMatchObject([{ units: true }, { units: true }, { kind: 'restart', units: true }])
    expect(did.started).toMatchObject([
      { ask: { units: true }, typed: { units: true }, next: ['vape'] },
      { ask: { units: true } },
    ])
    const typed = { batch: null, canary: null, force: false, units: true }
    const again = await world({ rollouts: [rolloutOf(7, 'failed', ['failed'], { typed })] })
    await again.say('retry 7')
    expect(again.did.started).toMatchObject([{ ask: { units: true } }])
  })
})
