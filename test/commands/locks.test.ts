import { describe, expect, it } from 'vitest'
import type { Lock } from '../../src/domain/lock.ts'
import { ann, noon, textOf, world } from './fakes.ts'
import { listed } from '../support/listed.ts'

const lock = (over: Partial<Lock>): Lock => ({
  service: null,
  tier: 'production',
  by: { id: 'U0BOB', name: null },
  why: 'db <migration>',
  at: noon - 240_000,
  until: noon + 3_600_000,
  audit: 1,
  ...over,
})
const holding = (...locks: readonly Lock[]) => ({
  read: () => ({ locks: { all: async () => listed(...locks), on: async () => locks } }),
})

describe('lock', () => {
  it.each([
    ['lock production "db migration" --for 2h', { kind: 'tier', tier: 'production' }, 'db migration', noon + 7_200_000],
    ['lock prod db migration', { kind: 'tier', tier: 'production' }, 'db migration', null],
    ['lock api prod "x y"', { kind: 'target', target: { service: 'api', tier: 'production' } }, 'x y', null],
  ])('%j holds what it names', async (text, scope, why, until) => {
    const { say, did } = await world()
    const reply = await say(text)
    expect(did.authorized).toEqual([{ right: 'lock', scope, owner: null }])
    expect(did.locked).toEqual([[why, until]])
    expect(reply).toMatchObject({ outcome: 'done', visibility: 'everyone' })
  })

  it('says what is held, how long and why, and what still rolls there', async () => {
    const held = lock({ service: 'api', by: ann, why: 'db & more' })
    const { say } = await world({
      can: { lock: { lock: async () => ({ kind: 'locked', lock: held, live: [12, 13] }) } },
    })
    expect(textOf(await say('lock api prod "db & more" --for 90m'))).toBe(
      '🔒 @ann locked api production for 1h30m: db &amp; more. Rollout 12 and Rollout 13 there finish what is under way and then wait, unless you began one yourself.',
    )
  })

  it('is refused where another holds already', async () => {
    const { say } = await world({ can: { lock: { lock: async () => ({ kind: 'held', lock: lock({}) }) } } })
    const reply = await say('lock production mine')
    expect(reply).toMatchObject({ outcome: 'refused', visibility: 'sender' })
    expect(textOf(reply)).toBe(
      'All of production is held by <@U0BOB>, locked 4m ago, for another 1h: db &lt;migration&gt;. Nothing was changed; its owner or an admin lifts it with `unlock production`.',
    )
  })

  it('does not take a wish that would last a second, or years', async () => {
    const { say, did } = await world()
    for (const time of ['1s', '365d', 'tomorrow']) {
      expect((await say(`lock production x --for ${time}`)).outcome).toBe('mistyped')
    }
    expect(did.authorized).toEqual([])
  })
})

describe('unlock', () => {
  it('demands the right with the owner of the lock', async () => {
    const { say, did } = await world(holding(lock({}), lock({ service: 'api', by: ann })))
    const reply = await say('unlock production')
    expect(did.authorized).toEqual([{ right: 'unlock', scope: { kind: 'tier', tier: 'production' }, owner: 'U0BOB' }])
    expect(did.unlocked).toBe(1)
    expect(reply).toMatchObject({ outcome: 'done', visibility: 'everyone' })
    expect(textOf(reply)).toBe('🔓 @ann unlocked all of production. It was held by @ann, locked 4m ago: db.')
  })

  it('says what is locked when that is not', async () => {
    const { say, did } = await world(holding(lock({})))
    const reply = await say('unlock production api')
    expect([reply.outcome, textOf(reply)]).toEqual([
      'refused',
      'api production is not locked: nothing to lift. There are locks on `all of production`.',
    ])
    expect(did.authorized).toEqual([])
  })
})

describe('locks', () => {
  it('lists each with owner, age, end and reason, without those that ended', async () => {
    const { say } = await world(
      holding(
        lock({}),
        lock({ service: 'api', tier: 'staging', until: null }),
        lock({ service: 'vape', until: noon - 1 }),
      ),
    )
    expect(textOf(await say('locks'))).toBe(
      [
        '`all of production`  held by <@U0BOB>, locked 4m ago, for another 1h: db &lt;migration&gt;',
        '`api staging`  held by <@U0BOB>, locked 4m ago, until it is lifted: db &lt;migration&gt;',
      ].join('\n'),
    )
    expect(textOf(await say('locks staging'))).not.toContain('production')
  })

  it('says when there are none', async () => {
    const { say } = await world()
    expect(textOf(await say('locks'))).toBe('Nothing is locked.')
    expect(textOf(await say('locks prod'))).toBe('Nothing in production is locked.')
  })
})
