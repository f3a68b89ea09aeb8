import { describe, expect, test } from 'vitest'
import type { Principal } from '../../src/authorization/entities.ts'
import { createJudge } from '../../src/authorization/judge.ts'
import { createPeople } from '../../src/authorization/people.ts'
import { questionOf } from '../../src/authorization/question.ts'
import { actorOf, buildsActor, recordedActor, type Actor, type RollRight } from '../../src/authorization/rights.ts'
import { createRightsReader } from '../../src/authorization/rights-reader.ts'
import { entryRuling, rule } from '../../src/authorization/rules.ts'
import { systemClock as clock } from '../../src/adapters/system/clock.ts'
import { demand, judging, policyOf, shippedText, target } from './support.ts'

/** The policy as it was shipped before the door had rules of its own: users have copies of it. */
const oldPolicy = policyOf(`
@id("everyone-reads") permit (principal, action == Action::"read", resource);
@id("deployers-change-protected-tiers")
permit (principal in Group::"deployers",
  action in [Action::"deploy", Action::"restart", Action::"take", Action::"pause", Action::"resume", Action::"retry",
    Action::"continue", Action::"abort"], resource is Target);
@id("starter-holds-own-rollout")
permit (principal, action in [Action::"pause", Action::"resume", Action::"continue", Action::"abort", Action::"take",
  Action::"retry"], resource)
when { context.isOwner };
`)
const person = (id: string, groups: readonly string[] = []): Principal => ({ kind: 'person', id, groups })
const production = target('api', 'production')

describe('owning a rollout', () => {
  const own = (action: 'take' | 'resume' | 'continue' | 'retry' | 'pause' | 'abort', groups: readonly string[]) =>
    rule(oldPolicy, {}, person('UANN', groups), { action, scope: production, owner: 'UANN', rolls: 'deploy' })

  test.each(['take', 'resume', 'continue', 'retry'] as const)(
    'does not replace the right to roll out, under a copied policy too: %s',
    (action) => {
      expect(own(action, [])).toMatchObject({ kind: 'may-not-roll-out', right: 'deploy' })
      expect(own(action, ['deployers'])).toMatchObject({ kind: 'allowed' })
    },
  )

  test.each(['pause', 'abort'] as const)(
    'is enough to %s it, under a policy that says nothing of owners too',
    (action) => {
      expect(own(action, [])).toMatchObject({ kind: 'allowed' })
      const silent = policyOf('@id("reads") permit (principal, action == Action::"read", resource);')
      const asked = { action, scope: production, owner: 'UANN' } as const
      expect(rule(silent, {}, person('UANN'), asked)).toMatchObject({ kind: 'allowed' })
      expect(rule(silent, {}, person('UBOB'), asked)).toMatchObject({ kind: 'not-permitted' })
    },
  )

  test('does not pass a policy that forbids', () => {
    const policy = policyOf('@id("frozen") forbid (principal, action, resource);')
    const asked = { action: 'abort', scope: production, owner: 'UANN' } as const
    expect(rule(policy, {}, person('UANN'), asked)).toMatchObject({ kind: 'forbidden' })
  })

  test.each(['deploy', 'restart', 'rollback', 'promote', 'scale'] as const)(
    'a rollout proceeds only for the right of its own kind: %s',
    (rolls: RollRight) => {
      const policy = policyOf(
        '@id("some") permit (principal, action in [Action::"resume", Action::"restart"], resource is Target);',
      )
      const ruling = rule(policy, {}, person('UANN'), { action: 'resume', scope: production, owner: 'UBOB', rolls })
      expect(ruling.kind).toBe(rolls === 'restart' ? 'allowed' : 'may-not-roll-out')
    },
  )

  test('the denial says which right is missing, who has it, and what is still possible', async () => {
    const reader = createRightsReader(judging({ policy: oldPolicy }))
    const denial = await reader.refusal({ id: 'UANN', name: 'ann' }, demand('resume', 'api', 'production', 'UANN'))
    expect(denial?.message).toContain('because a rollout only proceeds for a person who may roll it out')
    expect(denial?.message).toContain('You may not deploy api to production: that takes a member of deployers')
    expect(denial?.message).toContain('It is still yours to `pause` and `abort`')
    expect(denial?.whoCould).toEqual(['deployers'])
  })
})

describe('people of another organisation', () => {
  const stranger: Actor = { id: 'USTRANGE', name: 'eve', team: 'T0OTHER', from: 'another-organisation' }
  const openPolicy = policyOf('@id("all") permit (principal, action, resource);')
  const readerOf = (teams: Readonly<Record<string, 'read' | 'all'>>) =>
    createRightsReader(judging({ policy: openPolicy, teams }))

  test('may nothing, not even read, whatever the policy permits, and hear why', async () => {
    const reader = readerOf({})
    expect(reader.entryRefusal(stranger)?.message).toContain('you belong to another organisation (T0OTHER)')
    expect(reader.entryRefusal(stranger)?.message).toContain('`slack.teams: { T0OTHER: read }`')
    expect(await reader.readingRefusal(stranger)).not.toBeNull()
    expect(await reader.refusal(stranger, demand('deploy', 'api', 'staging'))).not.toBeNull()
    expect(await reader.allowed(stranger, [demand('deploy', 'api', 'staging')])).toEqual([false])
  })

  test('read and no more where the configuration says `read`', async () => {
    const reader = readerOf({ T0OTHER: 'read' })
    expect(reader.entryRefusal(stranger)).toBeNull()
    expect(await reader.readingRefusal(stranger)).toBeNull()
    const denial = await reader.refusal(stranger, demand('deploy', 'api', 'staging'))
    expect(denial?.message).toContain('may read here and change nothing')
  })

  test('are like our own people where it says `all`', async () => {
    const reader = readerOf({ T0OTHER: 'all' })
    expect(await reader.refusal(stranger, demand('deploy', 'api', 'staging'))).toBeNull()
  })

  test.each(['T0OTHE', 'T0OTHER2', '__proto__', 'constructor', '', 't0other'])(
    'of a team that is not named by exactly its id are refused: %s',
    async (team) => {
      expect(await readerOf({ T0OTHER: 'all' }).readingRefusal({ ...stranger, team })).not.toBeNull()
    },
  )

  test('stay so in what a record keeps of them, and our own people are kept as before', () => {
    expect(recordedActor(stranger)).toEqual({ id: 'USTRANGE', name: 'eve', team: 'T0OTHER' })
    expect(actorOf(recordedActor(stranger))).toEqual(stranger)
    expect(recordedActor({ id: 'UANN', name: 'ann', team: 'T0OURS' })).toEqual({ id: 'UANN', name: 'ann' })
    expect(actorOf({ id: 'builds', name: null })).toBe(buildsActor)
  })
})

describe('kinds of principals', () => {
  test.each([
    'builds',
    'BUILDS',
    'Ubuilds',
    'u012',
    'U',
    '',
    'queue',
    '__proto__',
    'U1\n',
    'U1 U2',
    'B0BOT',
    'USLACK-BOT',
  ])('a person whose id is no id of a person is nobody: %o', async (id) => {
    const anything = policyOf('@id("all") permit (principal, action, resource);')
    expect(entryRuling(person(id), 'deploy', {})).toEqual({ kind: 'no-person' })
    const reader = createRightsReader(judging({ policy: anything }))
    expect(await reader.refusal({ id, name: null }, demand('deploy', 'api', 'staging'))).not.toBeNull()
  })

  test('what is granted to builds by name is not granted to a user with their id', () => {
    const policy = policyOf('@id("builds") permit (principal == Hook::"builds", action, resource);')
    const asked = { principal: { kind: 'builds', id: 'builds', groups: [] }, action: 'deploy', owner: null } as const
    expect(policy.decide({ ...asked, scope: production }).kind).toBe('allowed')
    const user = { principal: person('builds'), action: 'deploy', owner: null, scope: production } as const
    expect(policy.decide(user).kind).toBe('not-permitted')
  })
})

describe('what a policy may ask about a person', () => {
  const text = `${shippedText}
@id("no-guests") @reason("guests only look")
forbid (principal is User, action, resource is Target) when { principal.isGuest };
@id("only-ours")
forbid (principal is User, action == Action::"lock", resource) unless { principal.team == "T0OURS" };`
  const judgeOf = (facts: { readonly team: string; readonly isGuest: boolean } | null) =>
    createJudge(
      judging({
        policy: policyOf(text),
        people: createPeople({
          directory: {
            person: async () => (facts === null ? null : { ...facts, enterprise: null }),
            home: async () => 'T0OURS',
          },
          clock,
        }),
      }),
    )
  const ask = (facts: Parameters<typeof judgeOf>[0], right: 'deploy' | 'lock', id = 'UDEPLOY') =>
    judgeOf(facts).judge({ id, name: null }, questionOf(demand(right, 'api', 'production')))

  test('is whether the person is a guest, and of which team', async () => {
    expect(await ask({ team: 'T0OURS', isGuest: false }, 'deploy')).toMatchObject({ kind: 'allowed' })
    const guest = await ask({ team: 'T0OURS', isGuest: true }, 'deploy')
    expect(guest).toMatchObject({ denial: { policies: ['no-guests'] } })
    expect(guest.kind === 'denied' ? guest.denial.message : '').toContain('guests only look')
    expect(await ask({ team: 'T0ELSE', isGuest: false }, 'lock')).toMatchObject({ denial: { policies: ['only-ours'] } })
    expect(await ask({ team: 'T0OURS', isGuest: false }, 'lock')).toMatchObject({ kind: 'allowed' })
  })

  test('is unknown while Slack does not say, and then nothing is allowed', async () => {
    const verdict = await ask(null, 'deploy')
    expect(verdict.kind === 'denied' ? verdict.denial.message : '').toContain('your own account could not be read')
  })

  test('is not asked of Slack where no policy asks', async () => {
    let asked = 0
    const directory = { person: async () => (asked++, null), home: async () => null }
    const judge = createJudge(judging({ people: createPeople({ directory, clock }) }))
    const verdict = await judge.judge({ id: 'UDEPLOY', name: null }, questionOf(demand('deploy', 'api', 'production')))
    expect(verdict).toMatchObject({ kind: 'allowed' })
    expect(asked).toBe(0)
  })
})
