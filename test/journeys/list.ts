import { describe, expect, it } from 'vitest'
import { ask } from './support/people.ts'
import { expectToldOnce } from './support/thread.ts'
import { changesIn, fleetOf, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

const minute = 60_000

export function lists(world: World): void {
  describe('a list of services', () => {
    it(
      'rolls one after the other, each told in a thread of its own',
      async () => {
        const id = (await world.records.newest()) + 1
        const answer = await ask(world.shop.slack, 'bob', 'deploy bartnet,beavis staging --reason "both"')
        expect(answer.text).toContain(`Rollout ${id} of bartnet to staging has begun`)
        expect(answer.text).toContain('Then beavis')
        const first = await world.records.told(id)
        const second = await world.records.told(id + 1)
        expect([first, second].map(({ plan, phase }) => [plan.service, phase])).toEqual([
          ['bartnet', 'succeeded'],
          ['beavis', 'succeeded'],
        ])
        expect(second.createdAt).toBeGreaterThanOrEqual(first.endedAt ?? Number.POSITIVE_INFINITY)
        expect(second).toMatchObject({ reason: 'both', requestedBy: { id: 'U0BOB' }, next: [] })
        await expectToldOnce(world.shop, world.records, id)
        await expectToldOnce(world.shop, world.records, id + 1)
      },
      10 * minute,
    )

    it(
      'ends at the first failure: the second is not begun, the thread says how to go on, and a retry does go on',
      async () => {
        const fleet = fleetOf(world.shop, 'production')
        const unit = 'hugs@1.service'
        await fleet.fault({ kind: 'fail-start', unit })
        const from = Date.now()
        const id = (await world.records.newest()) + 1
        await ask(world.shop.slack, 'carol', 'deploy hugs,beavis production')
        const failed = await world.records.told(id)
        expect(failed.phase).toBe('failed')
        const { lines } = await expectToldOnce(world.shop, world.records, id)
        expect(lines.at(-1)).toMatch(/`@opsee retry \d+` rolls the \d+ that (?:is|are) left, and then beavis/)
        expect(lines.at(-1)).toContain(`\`@opsee retry ${id}\``)
        expect(await world.records.newest()).toBe(id)
        expect(changesIn(await witnessed(fleet, from)).join('\n')).not.toContain('beavis')

        await fleet.fault({ kind: 'unit-well', unit })
        const answer = await ask(world.shop.slack, 'carol', `retry ${id} --force`)
        expect(answer.text).toContain('Then beavis')
        expect((await world.records.told(id + 1)).phase).toBe('succeeded')
        const last = await world.records.after(id + 1)
        expect(last.plan.service).toBe('beavis')
        expect((await world.records.told(id + 2)).phase).toBe('succeeded')
        await expectToldOnce(world.shop, world.records, id + 1)
        await expectToldOnce(world.shop, world.records, id + 2)
      },
      12 * minute,
    )
  })
}
