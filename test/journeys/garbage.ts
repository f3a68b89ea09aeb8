import { describe, expect, it } from 'vitest'
import { keys } from '../../src/store/keys.ts'
import { ask } from './support/people.ts'
import { expectToldOnce } from './support/thread.ts'
import { until } from './support/until.ts'
import { changesIn, fleetOf, running, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

const rubbish = '{"v":1,"is":{"what":"rubbish"'
const target = (service: string) => ({ service, tier: 'production' })

export function garbage(world: World): void {
  describe('rubbish in a record', () => {
    it('of a lock stops what needs that lock, is named and left untouched; other targets go on', async () => {
      const key = keys.targetLock(target('hugs'))
      await world.records.put(key, rubbish)
      const from = Date.now()
      for (const command of ['deploy hugs production', 'unlock hugs production', 'lock hugs production "mine"']) {
        const refused = await ask(world.shop.slack, 'ann', command)
        expect(refused.to).toBe('U0ANN')
        expect(refused.text).toContain(`The record ${key} in etcd cannot be read`)
      }
      expect(changesIn(await witnessed(fleetOf(world.shop, 'production'), from))).toEqual([])
      expect(await world.records.raw(key)).toBe(rubbish)

      const before = await world.records.newest()
      const other = await ask(world.shop.slack, 'ann', 'restart beavis production')
      expect(other.text).toContain('has begun')
      const rollout = await world.records.told(before + 1)
      expect(rollout.phase).toBe('succeeded')
      await expectToldOnce(world.shop, world.records, rollout.id)
      expect(await world.records.raw(key)).toBe(rubbish)
      await world.records.remove(key)
    })

    it('of a live rollout stops that rollout where it stands, is named and left untouched; other targets go on', async () => {
      const fleet = fleetOf(world.shop, 'production')
      const id = (await world.records.newest()) + 1
      await ask(world.shop.slack, 'ann', 'deploy spanx production')
      await world.records.reached(id, 'begun', ({ instances }) => instances.some(({ stage }) => stage === 'stopping'))
      const key = keys.rollout(id)
      await world.records.put(key, rubbish)
      await until('the bot to see it', async () => {
        const answer = await ask(world.shop.slack, 'bob', `show ${id}`)
        return answer.text.includes(`The record ${key} in etcd cannot be read`) ? true : null
      })
      for (const command of [`abort ${id}`, `retry ${id}`]) {
        expect((await ask(world.shop.slack, 'ann', command)).text).toContain(`The record ${key} in etcd cannot be read`)
      }
      // The target stays taken: what another rollout would do there is not known to be right.
      const again = await ask(world.shop.slack, 'ann', 'deploy spanx production')
      expect(again.text).toMatch(new RegExp(`rollout ${id}|${key}`))

      await ask(world.shop.slack, 'ann', 'restart beavis production')
      const other = await world.records.told(id + 1)
      expect(other.phase).toBe('succeeded')
      await expectToldOnce(world.shop, world.records, other.id)
      expect(await world.records.raw(key)).toBe(rubbish)
      expect((await running(fleet, 'beavis')).size).toBe(1)
      expect(world.shop.bot.ended()).toBeNull()
    })
  })
}
