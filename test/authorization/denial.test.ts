import { describe, expect, test } from 'vitest'
import type { Denial, Demand } from '../../src/authorization/rights.ts'
import { createRightsReader } from '../../src/authorization/rights-reader.ts'
import { demand, groupsOf, judging, policyOf, shippedText, shop } from './support.ts'

async function refusal(user: string, asked: Demand, text = shippedText, of = shop): Promise<Denial> {
  const reader = createRightsReader(judging({ policy: policyOf(text, of), groups: groupsOf(of) }))
  const denial = await reader.refusal({ id: user, name: null }, asked)
  if (denial === null) throw new Error('allowed')
  return denial
}

describe('a denial', () => {
  test('says what was refused, what it takes, who that is, and by which policy', async () => {
    expect(await refusal('UTEAM', demand('deploy', 'api', 'production'))).toEqual({
      message:
        'You may not deploy api to production: that takes a member of deployers (<@UDEPLOY>, <@UBOTH>), says policy "deployers-change-protected-tiers".',
      policies: [],
      whoCould: ['deployers'],
    })
  })

  test('names the team in an open tier', async () => {
    const { message, whoCould } = await refusal('UFRONT', demand('restart', 'api', 'staging'))
    expect(message).toContain('You may not restart api in staging: that takes a member of backend (<@UTEAM>, <@UBOTH>)')
    expect(whoCould).toEqual(['backend'])
  })

  test('names the owner of the lock, and the admins', async () => {
    const { message, whoCould } = await refusal('UTEAM', demand('unlock', 'api', 'production', 'UOWNER'))
    expect(message).toBe(
      'You may not lift <@UOWNER>\'s lock on api in production: that takes <@UOWNER>, whose lock it is, or a member of admins (<@UADMIN>), says policies "admins-lift-any-lock" and "owner-lifts-own-lock".',
    )
    expect(whoCould).toEqual(['UOWNER', 'admins'])
  })

  test('names the one who started the rollout', async () => {
    const { message } = await refusal('UFRONT', demand('abort', 'api', 'production', 'UOWNER'))
    expect(message).toContain(
      "abort <@UOWNER>'s rollout of api in production: that takes <@UOWNER>, whose rollout it is",
    )
  })

  test('names a whole tier', async () => {
    const asked = { right: 'lock', scope: { kind: 'tier', tier: 'staging' }, owner: null } as const
    expect((await refusal('UTEAM', asked)).message).toContain(
      'You may not lock all of staging: that takes a member of dep',
    )
  })

  test('names the forbidding policy and its reason, and who is exempt', async () => {
    const text = `${shippedText}
@id("freeze") @reason("the year is closing")
forbid (principal, action == Action::"deploy", resource in Tier::"production")
unless { principal in Group::"admins" };
@id("admins-too") permit (principal in Group::"admins", action, resource);`
    expect(await refusal('UDEPLOY', demand('deploy', 'api', 'production'), text)).toEqual({
      message:
        'You may not deploy api to production: policy "freeze" forbids it (the year is closing). Who could: a member of admins (<@UADMIN>).',
      policies: ['freeze'],
      whoCould: ['admins'],
    })
  })

  test('says when nobody could', async () => {
    const text = '@id("stop") forbid (principal, action, resource);'
    expect((await refusal('UDEPLOY', demand('deploy', 'api', 'production'), text)).message).toBe(
      'You may not deploy api to production: policy "stop" forbids it. No group is exempt from it.',
    )
    expect((await refusal('UDEPLOY', demand('deploy', 'api', 'production'), '')).message).toBe(
      'You may not deploy api to production: no policy permits that to anybody.',
    )
  })

  test('names people whom a policy names', async () => {
    const text = '@id("ann") permit (principal == User::"UANN", action == Action::"deploy", resource);'
    const { message, whoCould } = await refusal('UDEPLOY', demand('deploy', 'api', 'production'), text)
    expect(message).toContain('that takes <@UANN>, says policy "ann"')
    expect(whoCould).toEqual(['UANN'])
  })

  test('names five of many members, and none of an empty group', async () => {
    const users = Array.from({ length: 9 }, (_, n) => `UX${n}`)
    const many = { ...shop, groups: { ...shop.groups, deployers: { users } } }
    const { message } = await refusal('UTEAM', demand('deploy', 'api', 'production'), shippedText, many)
    expect(message).toContain('(<@UX0>, <@UX1>, <@UX2>, <@UX3>, <@UX4> and 4 more)')
    const none = { ...shop, groups: { ...shop.groups, deployers: { users: [] } } }
    const empty = await refusal('UTEAM', demand('deploy', 'api', 'production'), shippedText, none)
    expect(empty.message).toContain('a member of deployers (which has no members)')
  })

  test('of what is not configured says so', async () => {
    expect((await refusal('UTEAM', demand('deploy', 'nope', 'staging'))).message).toContain('not in the configuration')
  })
})

describe('the reader of rights', () => {
  const reader = createRightsReader(judging())

  test('knows groups and what is allowed', async () => {
    expect(await reader.groupsOf({ id: 'UBOTH', name: null })).toEqual(['backend', 'deployers'])
    expect(await reader.groupsOf({ id: 'UNKNOWN', name: null })).toEqual([])
    expect(await reader.refusal({ id: 'UBOTH', name: null }, demand('deploy', 'api', 'production'))).toBeNull()
  })

  test('lets everyone read under the shipped policy, and nobody under an empty one', async () => {
    expect(await reader.readingRefusal({ id: 'UNKNOWN', name: null })).toBeNull()
    const strict = createRightsReader(judging({ policy: policyOf('') }))
    expect((await strict.readingRefusal({ id: 'UADMIN', name: null }))?.message).toContain('You may not read')
  })
})
