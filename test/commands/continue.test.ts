import { describe, expect, it } from 'vitest'
import { rolloutOf, textOf, world } from './fakes.ts'

const counting = rolloutOf(12, 'rolling-back', ['failed', 'waiting', 'waiting'], {
  rollback: { stage: 'countdown', reason: 'api@1 failed', unit: 'api@1.service', dueAt: 1, by: null, again: [] },
})

describe('continue', () => {
  it('hurries, and puts off', async () => {
    const { say, did } = await world({ rollouts: [counting] })
    expect(textOf(await say('continue 12'))).toContain('goes on at once')
    expect(textOf(await say('continue api production --in 5m --reason "the logs"'))).toContain('goes on in 5m')
    expect(did.continued).toEqual([
      [12, 0, null],
      [12, 300_000, 'the logs'],
    ])
    expect(did.authorized).toMatchObject([{ right: 'continue' }, { right: 'continue' }])
  })

  it('says what else there is when nothing waits for time to pass, and when it is over', async () => {
    const { say } = await world({
      rollouts: [rolloutOf(12, 'rolling', ['done', 'waiting', 'waiting']), rolloutOf(11, 'failed', ['failed'])],
      can: { continue: { go: async () => ({ kind: 'not-waiting' }) } },
    })
    const reply = await say('continue 12')
    expect(reply.outcome).toBe('refused')
    expect(textOf(reply)).toContain('`resume 12` ends a pause')
    expect(textOf(await say('continue 11'))).toContain('Nothing to continue.')
    expect(textOf(await say('continue 99'))).toContain('There is no rollout 99')
    expect((await say('continue 12 --in yesterday')).outcome).toBe('mistyped')
  })
})
