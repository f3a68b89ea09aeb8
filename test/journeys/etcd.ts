import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { notReplaced } from '../../demo/demo/replaced.ts'
import type { Rollout } from '../../src/domain/rollout.ts'
import { ask, type Answer } from './support/people.ts'
import { expectToldOnce } from './support/thread.ts'
import { until } from './support/until.ts'
import { fleetOf, mostAway, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

export function etcdAway(world: World): void {
  const minute = 60_000
  /** Where it is told depends on how far the command had come; nothing was done in both. */
  const away =
    /The store \(etcd\) does not answer, so nothing was changed|Nothing was done, because it could not be recorded: etcd/

  /** A busy machine may delay any one answer: the quickest of three counts, or the first within this limit. */
  async function quickest(person: 'ann' | 'bob', text: string, limitMs: number): Promise<Answer> {
    const answers: Answer[] = []
    for (let tries = 0; tries < 3; tries++) {
      const answer = await ask(world.shop.slack, person, text)
      expect(answer.text).toMatch(away)
      answers.push(answer)
      if (answer.ms < limitMs) break
    }
    return answers.reduce((best, one) => (one.ms < best.ms ? one : best))
  }

  const someIn =
    (...stages: readonly string[]) =>
    (rollout: Rollout): boolean =>
      rollout.instances.some(({ stage }) => stages.includes(stage))

  describe('etcd killed', () => {
    // For those who come after a failure here.
    afterEach(async () => {
      await world.shop.etcd.restart()
    })

    it(
      'in mid-rollout and started again: commands say within 3 s that it is away, and the rollout goes on to its end',
      async () => {
        const fleet = fleetOf(world.shop, 'production')
        const before = await fleet.instances()
        const from = Date.now()
        const id = (await world.records.newest()) + 1
        // What an answer takes on this machine, busy as it is, when all is well.
        const limitMs = 3000 + (await ask(world.shop.slack, 'bob', 'status')).ms
        await ask(world.shop.slack, 'ann', 'deploy spanx production')
        await world.records.reached(id, 'begun to start an instance', someIn('starting', 'proving'))
        await world.shop.etcd.kill()
        const reading = await quickest('bob', 'status', limitMs)
        expect(reading.to).toBe('U0BOB')
        expect(reading.ms).toBeLessThan(limitMs)
        const changing = await quickest('ann', 'deploy beavis production', limitMs)
        expect(changing.ms).toBeLessThan(limitMs)
        // Longer than the lease: whoever drives has lost it.
        await sleep(12_000)
        await world.shop.etcd.restart()

        const rollout = await world.records.told(id)
        expect(rollout.phase).toBe('succeeded')
        expect(notReplaced(rollout, before, await fleet.instances())).toEqual([])
        expect(mostAway(await witnessed(fleet, from), 'spanx')).toBe(1)
        await expectToldOnce(world.shop, world.records, id)
        expect(await world.records.newest()).toBe(id)
        expect(world.shop.bot.ended()).toBeNull()
      },
      10 * minute,
    )

    it(
      'when the bot starts: it says so to who asks, and does its work when etcd is there',
      async () => {
        await world.shop.etcd.kill()
        await world.shop.killBot()
        world.shop.startBot()
        await until('the bot to answer', async () => {
          // Nobody hears a command while no bot is connected.
          const answer = await Promise.race([ask(world.shop.slack, 'bob', 'history'), sleep(8000, null)])
          return answer !== null && away.test(answer.text) ? true : null
        })
        await world.shop.etcd.restart()
        await until('etcd to be seen', async () => {
          const answer = await ask(world.shop.slack, 'bob', 'history')
          return answer.text.includes('deploy of spanx in production *succeeded*') ? true : null
        })
        const id = (await world.records.newest()) + 1
        await ask(world.shop.slack, 'bob', 'restart beavis staging')
        expect((await world.records.told(id)).phase).toBe('succeeded')
        await expectToldOnce(world.shop, world.records, id)
      },
      10 * minute,
    )
  })
}
