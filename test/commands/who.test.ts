import { describe, expect, it } from 'vitest'
import type { Demand } from '../../src/authorization/rights.ts'
import type { Readers } from '../../src/services/capabilities.ts'
import { rolloutOf, textOf, world } from './fakes.ts'

const refusing = (refuses: (demand: Demand) => boolean, groups: readonly string[] = []) => ({
  read: (): Partial<Readers> => ({
    rights: {
      groupsOf: async () => groups,
      refusal: async (_actor, demand) =>
        refuses(demand)
          ? { message: `no ${demand.right}: ask deployers`, policies: [], whoCould: ['deployers'] }
          : null,
      allowed: async (_actor, demands) => demands.map((demand) => !refuses(demand)),
    },
  }),
})

describe('whoami', () => {
  it('names groups, and rights by tier with like services together', async () => {
    const { say } = await world(
      refusing(
        (demand) => {
          if (demand.right === 'unlock') return demand.owner !== 'U0ANN'
          if (demand.scope.kind === 'tier') return demand.scope.tier === 'staging' || demand.right === 'lock'
          return (
            demand.scope.kind === 'target' &&
            demand.scope.target.tier === 'production' &&
            demand.scope.target.service !== 'api'
          )
        },
        ['backend'],
      ),
    )
    expect(textOf(await say('whoami')).split('\n')).toEqual([
      'You are @ann (`U0ANN`), in `backend`. Everybody may read.',
      '`staging`  deploy, restart, rollback, promote, scale, take, pause, resume, continue, abort, retry, lock, unlock (your own), pin and unpin on every service',
      '`staging`  unlock (your own) on the whole tier',
      '`production`  deploy, restart, rollback, promote, scale, take, pause, resume, continue, abort, retry, lock, unlock (your own), pin and unpin on api',
      '`production`  unlock (your own) on vape and beavis',
      '`production`  unlock (your own), stop and go on the whole tier',
      'You may read the audit log: `audit list`.',
    ])
  })

  it('says so when somebody is in no group and may nothing', async () => {
    const { say } = await world(refusing(() => true))
    const text = textOf(await say('whoami', { actor: { id: 'U0ZOE', name: null } }))
    expect(text).toContain('You are <@U0ZOE> (`U0ZOE`), in no group that Opsee knows.')
    expect(text).toContain('`production`  nothing on every service')
    expect(text).not.toContain('whole tier')
  })
})

describe('can', () => {
  it.each([
    ['can deploy api production --reason "a b"', 'done', 'Yes: you may `deploy api production --reason a b`.'],
    ['can status', 'done', 'Yes: `status` only reads, and everybody may read.'],
    ['can deploy api prod --dry-run', 'done', 'only reads'],
    ['can /opsee deploy api prod', 'done', 'Yes: you may'],
    ['can can deploy', 'done', 'Yes: `can deploy` only reads'],
    ['can deploy api', 'mistyped', 'Say which tier'],
    ['can fly', 'mistyped', 'There is no command `fly`.'],
    ['can', 'mistyped', 'is missing'],
    ['can abort 99', 'done', 'It would not come to the question of rights: There is no rollout 99'],
  ])('%j is %s: %s', async (text, outcome, answer) => {
    const { say, did } = await world()
    const reply = await say(text)
    expect(reply.outcome).toBe(outcome)
    expect(textOf(reply)).toContain(answer)
    expect(did).toMatchObject({ authorized: [], settled: [], started: [], planned: [] })
  })

  it('says why not, of each target, without anything being recorded', async () => {
    const { say, did } = await world({
      ...refusing((demand) => demand.scope.kind === 'target' && demand.scope.target.service === 'vape'),
      rollouts: [rolloutOf(12, 'rolling', ['waiting'])],
    })
    const reply = await say('can deploy api,vape production')
    expect(reply.outcome).toBe('done')
    expect(textOf(reply)).toBe('No. no deploy: ask deployers')
    expect(did.authorized).toEqual([])
  })
})

describe('help', () => {
  it('lists the commands, and explains one', async () => {
    const { say } = await world()
    expect(textOf(await say('help'))).toContain('`history`  Ended rollouts, newest first.')
    const one = textOf(await say('help LOCK'))
    expect(one).toContain('Usage: `lock [service] &lt;tier&gt; &lt;why…&gt; [--for 30m|2h]`')
    expect(one).toContain('For example: `lock production "db migration" --for 2h`')
    expect((await say('help lokc')).outcome).toBe('mistyped')
  })
})
