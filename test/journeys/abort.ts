import { describe, expect, it } from 'vitest'
import type { Rollout } from '../../src/domain/rollout.ts'
import { ask, click } from './support/people.ts'
import { expectToldOnce } from './support/thread.ts'
import { until } from './support/until.ts'
import { changesIn, fleetOf, running, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

export function aborts(world: World): void {
  const minute = 60_000

  /** As many of the service and of each of its sidekicks run. */
  async function expectAllUp(tier: 'staging' | 'production', count: number): Promise<void> {
    await until(
      `all of vape to run in ${tier}`,
      async () => {
        const sizes = await Promise.all(
          ['vape', 'vape-elb', 'vape-announce'].map(
            async (service) => (await running(fleetOf(world.shop, tier), service)).size,
          ),
        )
        return sizes.every((size) => size === count) ? true : null
      },
      async () => JSON.stringify(await fleetOf(world.shop, tier).instances(), null, 1),
    )
  }

  const someIn =
    (...stages: readonly string[]) =>
    (rollout: Rollout) =>
      rollout.instances.some(({ stage }) => stages.includes(stage))

  describe('an abort in mid-rollout', () => {
    it(
      'by command brings back what was stopped, with its sidekicks, and begins nothing new',
      async () => {
        const fleet = fleetOf(world.shop, 'production')
        const before = await running(fleet, 'vape')
        const id = (await world.records.newest()) + 1
        await ask(world.shop.slack, 'carol', 'deploy vape production')
        await world.records.reached(id, 'begun to stop an instance', someIn('stopping', 'starting'))

        const denied = await ask(world.shop.slack, 'bob', 'abort vape production')
        expect(denied.text).toContain("You may not abort <@U0CAROL>'s rollout of vape in production")
        const answer = await ask(world.shop.slack, 'ann', 'abort vape production --reason "wrong image"')
        expect(answer.to).toBe('U0ANN')
        expect(answer.text).toContain(`Rollout ${id} (deploy of vape in production) ends now`)
        const aborted = await world.records.told(id)
        expect(aborted.phase).toBe('aborted')
        expect(aborted.ending).toMatchObject({ kind: 'aborted', by: { id: 'U0ANN' }, reason: 'wrong image' })

        await expectAllUp('production', 3)
        const after = await running(fleet, 'vape')
        const [first] = aborted.instances
        for (const { unit, stage } of aborted.instances) {
          if (unit === first?.unit) continue
          expect(stage).toBe('waiting')
          expect(after.get(unit)).toEqual(before.get(unit))
        }
        const { lines } = await expectToldOnce(world.shop, world.records, id)
        expect(lines.filter((line) => line.includes('aborted it ("wrong image")'))).toHaveLength(1)
        expect(lines.join('\n')).toContain('<@U0CAROL> vape production was aborted')
        expect(lines.at(-1)).toContain(`\`@opsee retry ${id}\``)
        const late = await ask(world.shop.slack, 'ann', `abort ${id}`)
        expect(late.text).toContain('Nothing to abort')
      },
      10 * minute,
    )

    it(
      'by its button while the sidekicks stop gives the instance back as it was; a second click does nothing',
      async () => {
        const fleet = fleetOf(world.shop, 'staging')
        const id = (await world.records.newest()) + 1
        const from = Date.now()
        await ask(world.shop.slack, 'bob', 'restart vape staging')
        await world.records.reached(id, 'begun', someIn('detaching', 'stopping'))
        const root = await until('the root message', async () => (await world.records.thread(id))?.root)
        const clicks = await Promise.all([
          click(world.shop.slack, 'bob', root.id, 'Abort'),
          click(world.shop.slack, 'bob', root.id, `abort ${id}`),
        ])
        for (const { to } of clicks) expect(to).toBe('U0BOB')
        const aborted = await world.records.told(id)
        expect(aborted.phase).toBe('aborted')
        await expectAllUp('staging', 2)
        const { root: shownRoot, lines } = await expectToldOnce(world.shop, world.records, id)
        expect(lines.filter((line) => line.includes('aborted it'))).toHaveLength(1)
        expect(JSON.stringify(shownRoot.blocks)).not.toContain(`"abort ${id}"`)
        const events = await world.records.events(id)
        expect(events.filter(({ fact }) => fact.kind === 'abort-asked')).toHaveLength(1)
        // The other instance was left alone.
        const untouched = aborted.instances.filter(({ stage }) => stage === 'waiting')
        expect(untouched).toHaveLength(1)
        const calls = changesIn(await witnessed(fleet, from))
        expect(calls.filter((call) => call.includes(untouched[0]?.unit ?? '?'))).toEqual([])
      },
      10 * minute,
    )
  })
}
