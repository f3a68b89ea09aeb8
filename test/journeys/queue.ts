import { describe, expect, it } from 'vitest'
import { keys } from '../../src/store/keys.ts'
import { ask, click } from './support/people.ts'
import { expectToldOnce } from './support/thread.ts'
import { until } from './support/until.ts'
import { fleetOf, mostAway, startsIn, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

const minute = 60_000

export function queues(world: World): void {
  describe('a second deploy of a busy service', () => {
    it(
      'waits in a thread of its own, is joined by one that wants the same, and begins by itself; a third leaves by its button',
      async () => {
        const fleet = fleetOf(world.shop, 'production')
        const from = Date.now()
        const id = (await world.records.newest()) + 1
        await ask(world.shop.slack, 'carol', 'deploy bartnet production')
        await world.records.reached(id, 'begun', (one) => one.instances.some(({ stage }) => stage !== 'waiting'))

        const same = await ask(world.shop.slack, 'ann', 'deploy bartnet production')
        expect(same.text).toContain(`Nothing was added: rollout ${id} of bartnet production does just this already`)
        const queued = await ask(world.shop.slack, 'ann', 'restart bartnet production')
        expect(queued.text).toContain(`Rollout ${id + 1} of bartnet to production waits: place 1 in the queue`)
        const joined = await ask(world.shop.slack, 'carol', 'restart bartnet production')
        expect(joined.text).toContain(`Nothing was added: rollout ${id + 1} waits for bartnet production already`)
        const other = await ask(world.shop.slack, 'carol', 'deploy bartnet production --canary 1')
        expect(other.text).toContain('place 2 in the queue')
        const listed = await ask(world.shop.slack, 'bob', 'queue bartnet production')
        expect(listed.text).toContain(`${id + 1}`)
        expect(listed.text).toContain(`rollout ${id} is under way there, and rollout ${id + 1} waits before it`)

        const root = await until('its root message', async () => (await world.records.thread(id + 2))?.root)
        const left = await click(world.shop.slack, 'carol', root.id, 'Abort')
        expect(left.text).toContain('leaves the queue, and nothing was done')
        const cancelled = await world.records.told(id + 2)
        expect(cancelled).toMatchObject({ phase: 'cancelled', begunAt: null })
        await expectToldOnce(world.shop, world.records, id + 2)

        const first = await world.records.told(id)
        const second = await world.records.told(id + 1)
        expect([first.phase, second.phase]).toEqual(['succeeded', 'succeeded'])
        expect(second.begunAt).toBeGreaterThanOrEqual(first.endedAt ?? Number.POSITIVE_INFINITY)
        expect(second.requestedBy.id).toBe('U0ANN')
        for (const one of [id, id + 1]) await expectToldOnce(world.shop, world.records, one)
        const { lines } = await expectToldOnce(world.shop, world.records, id + 1)
        expect(lines[0]).toContain('It waits: place 1 in the queue')
        expect(lines.join('\n')).toMatch(/It begins, after \S+ of waiting\. Plan/)

        const happened = await witnessed(fleet, from)
        expect(mostAway(happened, 'bartnet')).toBe(1)
        for (const starts of startsIn(happened, 'bartnet').values()) expect(starts).toBe(2)
        const target = { service: 'bartnet', tier: 'production' }
        for (const one of [id + 1, id + 2]) expect(await world.records.raw(keys.queued(target, one))).toBeNull()
      },
      15 * minute,
    )
  })
}
