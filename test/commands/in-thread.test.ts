import { describe, expect, it } from 'vitest'
import { rolloutOf, textOf, world } from './fakes.ts'

const here = { place: { channel: 'C1', thread: '1.1' } }
const rolling = rolloutOf(12, 'rolling', ['done', 'proving', 'waiting'])
const failed = rolloutOf(11, 'failed', ['done', 'failed', 'waiting'])
const waiting = rolloutOf(13, 'queued', ['waiting'], {
  waiting: {
    for: { kind: 'yes', hash: 'abcdef012345', obstacles: [] },
    ask: { kind: 'deploy', batch: null, canary: null, only: null },
    force: false,
  },
})

describe('a command without a number, in the thread of a rollout', () => {
  it.each([
    ['abort', 'aborted', [[12, null]]],
    ['abort --reason "wrong image"', 'aborted', [[12, 'wrong image']]],
    ['pause', 'paused', [[12, null]]],
    ['resume', 'resumed', [[12, null]]],
    ['continue', 'continued', [[12, 0, null]]],
    ['continue --in 5m', 'continued', [[12, 300_000, null]]],
    ['take', 'taken', [[12, null]]],
  ] as const)('means that rollout: %s', async (typed, what, done) => {
    const { say, did } = await world({ rollouts: [rolling] })
    await say(typed, here)
    expect(did[what]).toEqual(done)
  })

  it('means the one that it fits, when the thread shows several one after the other', async () => {
    const { say, did } = await world({ rollouts: [failed, rolling] })
    await say('abort', here)
    expect(did.aborted).toEqual([[12, null]])
    await say('retry', here)
    expect(did.started).toMatchObject([{ retryOf: 11 }])
    const confirming = await world({ rollouts: [failed, waiting] })
    await confirming.say('confirm', here)
    expect(confirming.did.confirmed).toEqual([[13, null]])
    expect(textOf(await confirming.say('show', here))).toContain('Rollout 13 ')
  })

  it('says that it is over, when nothing of the thread lives', async () => {
    const { say, did } = await world({ rollouts: [failed] })
    expect(textOf(await say('abort', here))).toContain('Nothing to abort. Rollout 11 ')
    expect(did.authorized).toEqual([])
  })

  it('asks which, when several live', async () => {
    const other = rolloutOf(14, 'rolling', ['waiting'])
    const { say, did } = await world({ rollouts: [rolling, other] })
    expect(textOf(await say('abort', here))).toBe('This thread shows 2 live rollouts: say `abort 12` or `abort 14`.')
    expect(did.authorized).toEqual([])
  })

  it('takes the right on that rollout, with its owner', async () => {
    const { say, did } = await world({ rollouts: [rolling] })
    await say('abort', here)
    expect(did.authorized).toMatchObject([
      { right: 'abort', scope: { kind: 'target', target: { service: 'api', tier: 'production' } }, owner: 'U0ANN' },
    ])
  })
})

describe('a command without a number, anywhere else', () => {
  it.each(['abort', 'pause', 'resume', 'continue', 'take', 'retry', 'confirm', 'show'])(
    '%s asks which rollout is meant',
    async (verb) => {
      const { say, did } = await world({ rollouts: [rolling] })
      const reply = await say(verb)
      expect(reply.outcome).toBe('mistyped')
      expect(textOf(reply)).toContain(`Say which rollout: \`${verb} &lt;id&gt;\``)
      expect(did.authorized).toEqual([])
    },
  )
})
