import { beforeEach, describe, expect, it } from 'vitest'
import { channels } from '../../demo/demo/stage.ts'
import { ask, mention } from './support/people.ts'
import { changesIn, fleetOf, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

export function refusals(world: World): void {
  let from = 0
  let rollouts = 0
  let closings = 0
  const begin = async (): Promise<void> => {
    from = Date.now()
    rollouts = await world.records.newest()
    closings = (await world.shop.slack.messages(channels.history)).length
  }

  /** Since the test began, nothing was asked of any fleet that would change it, and no rollout was made. */
  async function expectNothingHappened(): Promise<void> {
    for (const tier of ['staging', 'production'] as const) {
      expect(changesIn(await witnessed(fleetOf(world.shop, tier), from))).toEqual([])
    }
    expect(await world.records.newest()).toBe(rollouts)
    expect(await world.shop.slack.messages(channels.history)).toHaveLength(closings)
  }

  describe('a command that is refused', () => {
    beforeEach(begin)

    it('for want of a right names the right’s holders and the policy, to the sender alone, and is recorded', async () => {
      const answer = await ask(world.shop.slack, 'bob', 'deploy api production')
      expect(answer.to).toBe('U0BOB')
      expect(answer.text).toBe(
        'You may not deploy bartnet to production: that takes a member of deployers (<@U0ANN>, <@U0CAROL>), says policy "deployers-change-protected-tiers".',
      )
      await expectNothingHappened()
      const denied = (await world.records.audit()).filter(
        ({ fact }) => fact.kind === 'decision' && fact.decision === 'denied',
      )
      expect(denied.filter(({ at }) => at >= from)).toHaveLength(1)
      expect(denied.at(-1)?.fact).toMatchObject({
        actor: { id: 'U0BOB' },
        command: 'deploy api production',
        demands: [{ right: 'deploy', scope: { kind: 'target', target: { service: 'bartnet', tier: 'production' } } }],
      })
    })

    it('for want of a right on one of several services starts none of them', async () => {
      const answer = await ask(world.shop.slack, 'bob', 'deploy api,spanx staging')
      expect(answer.to).toBe('U0BOB')
      expect(answer.text).toContain('You may not deploy spanx to staging')
      expect(answer.text).toContain('checks-team')
      await expectNothingHappened()
    })

    it('for want of a right is refused to a mention just so', async () => {
      const answer = await mention(world.shop.slack, 'bob', 'restart beavis production')
      expect(answer.to).toBe('U0BOB')
      expect(answer.text).toContain('You may not restart beavis in production')
      await expectNothingHappened()
    })

    it.each([
      ['deploy bartnt production', 'bartnet'],
      ['deploy api prodution', 'production'],
      ['deply api production', 'deploy'],
      ['deploy api production --bach 2', '--batch'],
    ])('because it is mistyped (`%s`) is answered with what was meant, to the sender alone', async (typed, meant) => {
      const answer = await ask(world.shop.slack, 'ann', typed)
      expect(answer.to).toBe('U0ANN')
      expect(answer.text.toLowerCase()).toContain('did you mean')
      expect(answer.text).toContain(meant)
      await expectNothingHappened()
    })

    it('without a tier says that it must be named', async () => {
      const answer = await ask(world.shop.slack, 'ann', 'deploy api')
      expect(answer.to).toBe('U0ANN')
      expect(answer.text).toContain('tier')
      expect(answer.text).toContain('production')
      await expectNothingHappened()
    })
  })

  describe('a locked target', () => {
    beforeEach(begin)

    it('refuses everybody but the lock’s owner, who alone, or an admin, lifts it', async () => {
      const locked = await ask(world.shop.slack, 'carol', 'lock hugs production "db migration" --for 2h')
      expect(locked.to).toBeNull()
      expect(locked.text).toContain('@carol locked hugs production for 2h: db migration.')

      const refused = await ask(world.shop.slack, 'ann', 'deploy hugs production')
      expect(refused.to).toBe('U0ANN')
      expect(refused.text).toContain('db migration')
      expect(refused.text).toMatch(/carol|U0CAROL/)
      expect((await ask(world.shop.slack, 'ann', 'deploy hugs production --force')).text).toContain('db migration')

      const denied = await ask(world.shop.slack, 'bob', 'unlock hugs production')
      expect(denied.to).toBe('U0BOB')
      expect(denied.text).toBe(
        'You may not lift <@U0CAROL>\'s lock on hugs in production: that takes <@U0CAROL>, whose lock it is, or a member of admins (<@U0ANN>), says policies "admins-lift-any-lock" and "owner-lifts-own-lock".',
      )
      expect((await ask(world.shop.slack, 'bob', 'locks')).text).toContain('hugs production')

      const lifted = await ask(world.shop.slack, 'carol', 'unlock hugs production')
      expect(lifted.to).toBeNull()
      expect(lifted.text).toContain('@carol unlocked hugs production')
      expect((await ask(world.shop.slack, 'bob', 'locks')).text).toBe('Nothing is locked.')
      await expectNothingHappened()
    })

    it('of a whole tier refuses each service in it, until an admin lifts it', async () => {
      await ask(world.shop.slack, 'carol', 'lock production "sale day"')
      const refused = await ask(world.shop.slack, 'ann', 'restart beavis production')
      expect(refused.text).toContain('sale day')
      const lifted = await ask(world.shop.slack, 'ann', 'unlock production')
      expect(lifted.text).toContain('@ann unlocked all of production')
      await expectNothingHappened()
    })
  })
}
