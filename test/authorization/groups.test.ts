import { describe, expect, test } from 'vitest'
import { createGroups } from '../../src/authorization/groups.ts'
import { createRightsReader } from '../../src/authorization/rights-reader.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { demand, judging, policyOf, shippedText, shop } from './support.ts'

/** A clock that is moved by hand; waits end at once. */
function handClock(): Clock & { move(ms: number): void } {
  let at = 0
  return { now: () => at, monotonic: () => at, sleep: () => new Promise(setImmediate), move: (ms) => (at += ms) }
}

function slackGroups(answer: () => Promise<readonly string[] | null>) {
  const clock = handClock()
  const asked: string[] = []
  const groups = createGroups({
    groups: { ops: { slackUserGroup: 'S1' }, admins: { users: ['UADMIN'] } },
    directory: {
      members: async (id) => {
        asked.push(id)
        return answer()
      },
    },
    clock,
  })
  return { clock, groups, asked }
}

describe('a Slack user group', () => {
  test('is asked for once a minute, and once for all who ask together', async () => {
    const { clock, groups, asked } = slackGroups(async () => ['UANN'])
    const answers = await Promise.all(Array.from({ length: 20 }, () => groups.of('UANN')))
    expect(answers[19]).toEqual({ groups: ['ops'], unknown: [] })
    expect(asked).toEqual(['S1'])
    clock.move(59_000)
    await groups.of('UANN')
    expect(asked).toHaveLength(1)
    clock.move(2000)
    await groups.of('UANN')
    expect(asked).toHaveLength(2)
  })

  test('takes in who joined and lets go who left', async () => {
    let members = ['UANN']
    const { clock, groups } = slackGroups(async () => members)
    expect((await groups.of('UANN')).groups).toEqual(['ops'])
    members = ['UBOB']
    clock.move(61_000)
    expect((await groups.of('UANN')).groups).toEqual([])
    expect((await groups.of('UBOB')).groups).toEqual(['ops'])
  })

  test('is remembered for a quarter of an hour while Slack is away, and then unknown', async () => {
    let away = false
    const { clock, groups } = slackGroups(async () => (away ? null : ['UANN']))
    await groups.of('UANN')
    away = true
    clock.move(14 * 60_000)
    expect(await groups.of('UANN')).toEqual({ groups: ['ops'], unknown: [] })
    clock.move(2 * 60_000)
    expect(await groups.of('UANN')).toEqual({ groups: [], unknown: ['ops'] })
    expect(await groups.members('ops')).toBeNull()
  })

  test('that never answers, or rejects, is unknown and stops nobody’s answer', async () => {
    const hanging = slackGroups(() => new Promise(() => {}))
    expect(await hanging.groups.of('UADMIN')).toEqual({ groups: ['admins'], unknown: ['ops'] })
    const broken = slackGroups(async () => Promise.reject(new Error('no')))
    expect(await broken.groups.of('UADMIN')).toEqual({ groups: ['admins'], unknown: ['ops'] })
  })

  test('that is not in the configuration has no members', async () => {
    expect(await slackGroups(async () => []).groups.members('nope')).toBeNull()
  })
})

describe('while the members of a group cannot be read', () => {
  const unreadable = { ...shop, groups: { ...shop.groups, deployers: { slackUserGroup: 'S1' } } }
  const readerOf = (text: string) =>
    createRightsReader(
      judging({
        policy: policyOf(text, unreadable),
        groups: createGroups({
          groups: unreadable.groups,
          directory: { members: async () => null },
          clock: handClock(),
        }),
      }),
    )

  test('what hangs on it is denied, and the denial says so', async () => {
    const reader = readerOf(shippedText)
    const denial = await reader.refusal({ id: 'UBOTH', name: null }, demand('deploy', 'api', 'production'))
    expect(denial?.message).toContain('the members of deployers could not be read from Slack')
    expect(denial?.message).toContain('Try again')
  })

  test('what does not hang on it goes on', async () => {
    const reader = readerOf(shippedText)
    expect(await reader.refusal({ id: 'UTEAM', name: null }, demand('deploy', 'api', 'staging'))).toBeNull()
    const denial = await reader.refusal({ id: 'UFRONT', name: null }, demand('deploy', 'api', 'staging'))
    expect(denial?.message).toContain('that takes a member of backend')
  })

  test('a policy that forbids something to its members forbids it to whoever may be one', async () => {
    const text = `${shippedText}
@id("no-deployers") forbid (principal in Group::"deployers", action, resource in Tier::"staging");`
    const denial = await readerOf(text).refusal({ id: 'UTEAM', name: null }, demand('deploy', 'api', 'staging'))
    expect(denial?.message).toContain('could not be read')
  })
})
