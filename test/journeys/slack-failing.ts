import { describe, expect, it } from 'vitest'
import { notReplaced } from '../../demo/demo/replaced.ts'
import { isOver } from '../../src/domain/rollout.ts'
import { ask } from './support/people.ts'
import { randomFrom } from './support/random.ts'
import type { Fate } from './support/slack-proxy.ts'
import { expectToldOnce } from './support/thread.ts'
import { fleetOf } from './support/witness.ts'
import type { World } from './support/world.ts'

const minute = 60_000
const faults: readonly Fate[] = ['too-fast', 'broken', 'reset', 'silence', 'lost-answer', 'broken-answer']

/** Each call fails with this chance, in one of all ways in turn, so that a short rollout meets every one. */
function failing(chance: number, seed: number): (method: string) => Fate {
  const random = randomFrom(seed)
  let turn = 0
  return () => (random() < chance ? (faults[turn++ % faults.length] ?? 'well') : 'well')
}

export function slackAway(world: World): void {
  describe('Slack', () => {
    it(
      'away during the whole rollout does not hold it up, and the thread catches up when Slack is back, failing still',
      async () => {
        const fleet = fleetOf(world.shop, 'production')
        const before = await fleet.instances()
        const id = (await world.records.newest()) + 1
        world.proxy.decide(() => 'reset')
        await ask(world.shop.slack, 'ann', 'deploy spanx production')
        const ended = await world.records.reached(id, 'ended', (rollout) => isOver(rollout))
        expect(ended.phase).toBe('succeeded')
        expect(notReplaced(ended, before, await fleet.instances())).toEqual([])
        // Nothing could be said so far.
        expect((await world.records.thread(id))?.root ?? null).toBeNull()

        world.proxy.decide(failing(0.4, 1))
        await world.records.told(id)
        await expectToldOnce(world.shop, world.records, id)
      },
      10 * minute,
    )

    it(
      'failing in every way during a rollout delays no step of it, and shows each line once and the end',
      async () => {
        const since = world.proxy.fates.length
        const id = (await world.records.newest()) + 1
        world.proxy.decide(failing(0.5, 2))
        await ask(world.shop.slack, 'bob', 'deploy vape staging')
        const rollout = await world.records.told(id)
        expect(rollout.phase).toBe('succeeded')
        await expectToldOnce(world.shop, world.records, id)
        const met = new Set(world.proxy.fates.slice(since).map((fate) => fate.split(' ')[1]))
        expect(met).toEqual(new Set([...faults, 'well']))
        expect(world.shop.bot.ended()).toBeNull()
      },
      10 * minute,
    )
  })
}
