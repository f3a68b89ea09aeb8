import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Shop } from '../../src/authorization/entities.ts'
import { rights, type Right, type Scope } from '../../src/authorization/rights.ts'
import { policySchema } from '../../src/authorization/policy-schema.ts'
import type { Decision } from '../../src/authorization/policy.ts'
import { loadPolicy, policyProblemText } from '../../src/authorization/policy.ts'
import { policyOf, shippedText, shop, target } from './support.ts'

const shipped = policyOf(shippedText)
const groupsOfUser: Readonly<Record<string, readonly string[]>> = {
  UTEAM: ['backend'],
  UFRONT: ['frontend'],
  UDEPLOY: ['deployers'],
  UADMIN: ['admins'],
  UNOBODY: [],
}

function decide(user: string, action: Right | 'read', scope: Scope, owner: string | null = null) {
  return shipped.decide({ principal: { id: user, groups: groupsOfUser[user] ?? [] }, action, scope, owner })
}

const may = (decision: Decision): boolean => decision.kind === 'allowed'
const tier = (name: string): Scope => ({ kind: 'tier', tier: name })

describe('the shipped policy', () => {
  test.each([
    'deploy',
    'restart',
    'scale',
    'take',
    'pause',
    'resume',
    'retry',
    'abort',
    'lock',
    'pin',
    'unpin',
  ] as const)('lets whom it should %s', (right) => {
    const who = (scope: Scope) => Object.keys(groupsOfUser).filter((user) => may(decide(user, right, scope)))
    expect(who(target('api', 'staging'))).toEqual(['UTEAM'])
    expect(who(target('web', 'staging'))).toEqual(['UFRONT'])
    expect(who(target('api', 'production'))).toEqual(['UDEPLOY'])
    // A tier that says nothing and is not called staging is protected.
    expect(who(target('api', 'qa'))).toEqual(['UDEPLOY'])
  })

  test('builds deploy where the configuration lets them, and do nothing else', () => {
    const { api } = shop.services
    if (api === undefined) throw new Error('the shop has no api')
    const own: Shop = {
      ...shop,
      services: { ...shop.services, api: { ...api, deployOnPush: [{ tier: 'production', tags: null }] } },
    }
    const policy = policyOf(shippedText, own)
    const everyGroup = Object.keys(own.groups)
    for (const action of [...rights, 'read'] as const) {
      for (const scope of [target('api', 'production'), target('api', 'staging'), target('web', 'production')]) {
        // No group makes more of them, not even one whose members cannot be read now.
        const principal = { kind: 'builds', id: 'builds', groups: everyGroup } as const
        const allowed = may(policy.decide({ principal, action, scope, owner: 'builds' }))
        const pushes = action === 'deploy' && scope.target.service === 'api' && scope.target.tier === 'production'
        expect(allowed).toBe(pushes || action === 'read')
      }
      const whole = policy.decide({
        principal: { kind: 'builds', id: 'builds', groups: everyGroup },
        action,
        scope: tier('staging'),
        owner: null,
      })
      expect(may(whole)).toBe(action === 'read')
    }
  })

  test('a policy that permits everything to everybody lets builds do no more than read and deploy', () => {
    const open = policyOf('@id("all") permit (principal, action, resource);')
    const allowed = [...rights].filter((action) =>
      may(
        open.decide({
          principal: { kind: 'builds', id: 'builds', groups: [] },
          action,
          scope: target('api', 'staging'),
          owner: 'builds',
        }),
      ),
    )
    expect(allowed).toEqual(['deploy'])
  })

  test('everyone reads', () => {
    for (const user of Object.keys(groupsOfUser))
      expect(may(decide(user, 'read', target('api', 'production')))).toBe(true)
  })

  test('only deployers lock a whole tier', () => {
    const who = (name: string) => Object.keys(groupsOfUser).filter((user) => may(decide(user, 'lock', tier(name))))
    expect(who('staging')).toEqual(['UDEPLOY'])
    expect(who('production')).toEqual(['UDEPLOY'])
  })

  test('deployers stop a whole tier; they and admins let it go on; nobody else does either', () => {
    const who = (right: Right, name: string) =>
      Object.keys(groupsOfUser).filter((user) => may(decide(user, right, tier(name))))
    for (const name of ['staging', 'production']) {
      expect(who('stop', name)).toEqual(['UDEPLOY'])
      expect(who('go', name).toSorted()).toEqual(['UADMIN', 'UDEPLOY'])
    }
  })

  test('a lock is lifted by its owner, and another’s only by admins', () => {
    for (const scope of [target('api', 'production'), target('api', 'staging'), tier('production')]) {
      for (const user of Object.keys(groupsOfUser)) {
        expect(may(decide(user, 'unlock', scope, user))).toBe(true)
        expect(may(decide(user, 'unlock', scope, 'UOTHER'))).toBe(user === 'UADMIN')
        expect(may(decide(user, 'unlock', scope, null))).toBe(user === 'UADMIN')
      }
    }
  })

  test('whoever started a rollout may abort it, but owns nothing else by that', () => {
    expect(may(decide('UNOBODY', 'abort', target('api', 'production'), 'UNOBODY'))).toBe(true)
    expect(may(decide('UNOBODY', 'abort', target('api', 'production'), 'UOTHER'))).toBe(false)
    for (const right of ['deploy', 'restart', 'scale', 'retry', 'lock'] as const) {
      expect(may(decide('UNOBODY', right, target('api', 'production'), 'UNOBODY'))).toBe(false)
    }
  })

  test('nobody deploys what `latest` names, builds neither; what else is named is as ever', () => {
    const { api } = shop.services
    if (api === undefined) throw new Error('the shop has no api')
    const own: Shop = {
      ...shop,
      services: { ...shop.services, api: { ...api, deployOnPush: [{ tier: 'production', tags: null }] } },
    }
    const policy = policyOf(shippedText, own)
    const decided = (id: string, action: Right, tag?: string) =>
      policy.decide({
        principal: { kind: id === 'builds' ? 'builds' : 'person', id, groups: groupsOfUser[id] ?? [] },
        action,
        scope: target('api', 'production'),
        owner: null,
        tag,
      })
    for (const id of ['UDEPLOY', 'UTEAM', 'builds']) {
      expect(decided(id, 'deploy', 'latest')).toEqual({ kind: 'forbidden', policies: ['no-moving-tag'] })
    }
    for (const id of ['UDEPLOY', 'builds']) {
      for (const tag of [undefined, 'v2', '1a2b3c4', 'latest-1a2b3c4'])
        expect(may(decided(id, 'deploy', tag))).toBe(true)
    }
    expect(may(decided('UDEPLOY', 'promote', 'latest'))).toBe(true)
    expect(policy.reasonOf('no-moving-tag')).toContain('name a version such as v2, a commit or a digest instead')
  })

  test('names the policies that decided', () => {
    expect(decide('UTEAM', 'deploy', target('api', 'staging'))).toEqual({
      kind: 'allowed',
      policies: ['team-changes-open-tiers'],
    })
  })

  test('denies what is not configured, and what makes no sense', () => {
    expect(decide('UDEPLOY', 'deploy', target('nope', 'production')).kind).toBe('undecidable')
    expect(decide('UDEPLOY', 'deploy', target('api', 'nope')).kind).toBe('undecidable')
    expect(decide('UDEPLOY', 'deploy', target('constructor', '__proto__')).kind).toBe('undecidable')
    expect(decide('UDEPLOY', 'deploy', tier('production')).kind).toBe('undecidable')
  })

  test('a tier is what it says it is', () => {
    const { staging, production, qa } = shop.tiers
    if (staging === undefined || production === undefined || qa === undefined) throw new Error('no tiers')
    const turned = {
      ...shop,
      tiers: { staging: { ...staging, protected: true }, production, qa: { ...qa, protected: false } },
    }
    const policy = policyOf(shippedText, turned)
    const deploys = (user: string, name: string) =>
      may(
        policy.decide({
          principal: { id: user, groups: groupsOfUser[user] ?? [] },
          action: 'deploy',
          scope: target('api', name),
          owner: null,
        }),
      )
    expect([deploys('UTEAM', 'staging'), deploys('UDEPLOY', 'staging')]).toEqual([false, true])
    expect([deploys('UTEAM', 'qa'), deploys('UDEPLOY', 'qa')]).toEqual([true, false])
  })

  test('policy.cedarschema is the schema in the program; write it anew with npm run schema', () => {
    expect(readFileSync(new URL('../../policy.cedarschema', import.meta.url), 'utf8')).toBe(policySchema)
  })
})

/** Each problem as `line:column policy message`. */
function problems(text: string): readonly string[] {
  const loaded = loadPolicy(text, shop)
  if (loaded.kind === 'policy') return []
  return loaded.problems.map(({ line, column, policy, message }) => `${line}:${column} ${policy} ${message}`)
}

describe('a policy file is refused', () => {
  test.each([
    [
      'for its syntax',
      '// é\n@id("x") permit (principal, action,\n resource)\n whe { true };',
      '4:2 null invalid policy condition: whe (condition must be either `when` or `unless`)',
    ],
    ['for an end in the middle', '@id("x")\npermit (principal', /^2:18 null unexpected end of input/],
    ['for a missing @id', '\n permit (principal, action, resource);', /^2:2 null every policy needs an @id/],
    [
      'for an @id that is none',
      '@id("a b") permit (principal, action, resource);',
      /^1:1 a b every policy needs an @id/,
    ],
    [
      'for an @id twice',
      '@id("a") permit (principal, action, resource);\n@id("a") forbid (principal, action, resource);',
      '2:1 a another policy, in line 1, has this @id: choose a new one',
    ],
    [
      'for an unknown action',
      '// ☃\n@id("a")\npermit (principal, action == Action::"depoly", resource);',
      '3:30 a unrecognized action `Action::"depoly"` (the actions are read, deploy, restart, rollback, promote, scale, take, pause, resume, continue, abort, retry, lock, unlock, pin, unpin, stop, go, audit)',
    ],
    [
      'for an unknown group',
      '@id("é-")\nforbid (principal, action, resource) when {\n  principal in Group::"deployerz" };\n',
      /^1:1 é- every policy needs/,
    ],
    [
      'for an unknown group, in its place',
      '@id("a")\nforbid (principal, action, resource) when { // é\n  principal in Group::"deployerz" };\n',
      '3:16 a unknown group "deployerz": the configuration has no such group (it has backend, frontend, deployers, admins)',
    ],
    [
      'for an unknown tier, service and target',
      '@id("a") forbid (principal, action, resource in Tier::"prod");\n@id("b") forbid (principal, action, resource in Service::"apo");\n@id("c") forbid (principal, action, resource == Target::"api/staging");',
      /^1:49 a unknown tier "prod".*\n2:49 b unknown service "apo".*\n3:49 c unknown target "api\/staging".*api staging/,
    ],
    [
      'for a person that is none',
      '@id("a") permit (principal == User::"ann", action, resource);',
      /^1:31 a User::"ann" is no Slack user id/,
    ],
    [
      'for an attribute that there is not',
      '@id("a") permit (principal, action == Action::"deploy", resource) when { resource.teem == Group::"admins" };',
      /^1:74 a attribute `teem` on entity type `Target` not found/,
    ],
    [
      'for types that do not fit',
      '@id("a") permit (principal, action, resource) when { context.isOwner == 3 };',
      /^1:54 a the types Bool and Long are not compatible/,
    ],
    [
      'for a policy that can never apply',
      '@id("a") forbid (principal, action == Action::"deploy", resource is Tier);',
      /^1:1 a .*unable to find an applicable action/,
    ],
    ['for a template', '@id("a") permit (principal in ?principal, action, resource);', /^1:1 null templates/],
    [
      'for an owner that may not be there',
      '@id("a") permit (principal, action, resource) when { context.owner == principal };',
      /^1:54 a unable to guarantee safety of access to optional attribute `owner`/,
    ],
  ])('%s', (_why, text, expected) => {
    expect(problems(text).join('\n')).toMatch(expected)
  })

  test('with all that is wrong at once, in the order of the file', () => {
    const text = `permit (principal, action, resource);
@id("a") permit (principal in Group::"x", action, resource);
@id("b") permit (principal, action == Action::"fly", resource);`
    expect(problems(text).map((problem) => problem.slice(0, 1))).toEqual(['1', '2', '3'])
  })

  test('in a line that says file, place and policy', () => {
    const problem = { line: 3, column: 7, policy: 'a', message: 'no' }
    expect(policyProblemText('policy.cedar', problem)).toBe('policy.cedar:3:7: policy "a": no')
  })
})

test('an empty policy denies everything', () => {
  const decision = policyOf('').decide({
    principal: { id: 'UADMIN', groups: ['admins'] },
    action: 'read',
    scope: { kind: 'shop' },
    owner: null,
  })
  expect(decision).toEqual({ kind: 'not-permitted' })
})

test('more than ten policies keep their ids and places', () => {
  const text = Array.from(
    { length: 12 },
    (_, n) => `@id("p${n}") permit (principal == User::"U${100 + n}", action, resource);`,
  )
  const policy = policyOf(text.join('\n'))
  for (const [n] of text.entries()) {
    const decision = policy.decide({
      principal: { id: `U${100 + n}`, groups: [] },
      action: 'deploy',
      scope: target('api', 'staging'),
      owner: null,
    })
    expect(decision).toEqual({ kind: 'allowed', policies: [`p${n}`] })
  }
})

test('a policy that cannot be evaluated denies, whatever the others say', () => {
  const text = `@id("all") permit (principal, action, resource);
@id("broken") forbid (principal, action, resource) when { 9223372036854775807 + (if context.isOwner then 1 else 0) == 0 };`
  const ask = (owner: string) =>
    policyOf(text).decide({
      principal: { id: 'UTEAM', groups: [] },
      action: 'abort',
      scope: target('api', 'staging'),
      owner,
    })
  expect(ask('UOTHER').kind).toBe('allowed')
  expect(ask('UTEAM')).toMatchObject({ kind: 'undecidable', message: expect.stringContaining('"broken"') })
})
