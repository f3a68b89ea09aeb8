import { describe, expect, it } from 'vitest'
import { isOver } from '../../src/domain/rollout.ts'
import { ask, click } from './support/people.ts'
import { expectToldOnce, shown } from './support/thread.ts'
import { until } from './support/until.ts'
import { changesIn, fleetOf, running, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

const minute = 60_000

export function failures(world: World): void {
  describe('a rollout whose instance does not become well', () => {
    it(
      'stops there, says what it saw and what to type, touches no other, and Retry rolls what is left, once',
      async () => {
        const fleet = fleetOf(world.shop, 'production')
        const before = await running(fleet, 'bartnet')
        const from = Date.now()
        const id = (await world.records.newest()) + 1
        await ask(world.shop.slack, 'ann', 'deploy api production')
        // Not before: what is unwell when the plan is made goes first.
        await world.records.reached(id, 'begun', ({ instances }) =>
          instances.some(({ startedAt }) => startedAt !== null),
        )
        await fleet.fault({ kind: 'unhealthy', unit: 'bartnet@2.service' })
        const failed = await world.records.told(id)
        expect(failed.phase).toBe('failed')
        expect(failed.instances.map(({ stage }) => stage)).toEqual(['done', 'failed', 'waiting'])

        const after = await running(fleet, 'bartnet')
        expect(after.get('bartnet@1.service')?.pid).not.toBe(before.get('bartnet@1.service')?.pid)
        expect(after.get('bartnet@2.service')?.pid).not.toBe(before.get('bartnet@2.service')?.pid)
        expect(after.get('bartnet@3.service')).toEqual(before.get('bartnet@3.service'))
        expect(changesIn(await witnessed(fleet, from)).join('\n')).not.toContain('bartnet@3')

        const { root, lines, closing } = await expectToldOnce(world.shop, world.records, id)
        const end = lines.slice(lines.findIndex((line) => line.startsWith('<@U0ANN>'))).join('\n')
        expect(end).toMatch(
          /^<@U0ANN> bartnet production failed in \S+: no instance became healthy for 1m: bartnet@2\.service .*503/,
        )
        expect(lines.join('\n')).toMatch(/\nStuck for 2\ds, since \S+ UTC: bartnet@2 runs, .*503/)
        expect(end).toMatch(/\nFirst to fail: bartnet@2 on \S+, seen as .*inactive\/dead → .*active\/running\.\n/)
        expect(end).toContain('`@opsee restart bartnet@2 production` tries bartnet@2 alone')
        expect(end).toContain('At the end: 1 of 3 instances replaced, bartnet@2 failed, 1 untouched.')
        expect(end).toContain(`\`@opsee retry ${id}\` rolls the 2 that are left`)
        expect(end).toContain('`@opsee status bartnet production` shows what runs')
        expect(end).toContain('Last lines of its journal:')
        // What looks like a secret in the unit's command line is not told.
        expect(lines.join('\n')).not.toContain('demo-only')
        expect(root.text).toContain(`Rollout ${id}: deploy of bartnet to production failed`)
        expect(closing[0]?.text).toContain('failed')

        await fleet.fault({ kind: 'unit-well', unit: 'bartnet@2.service' })
        const healthy = await running(fleet, 'bartnet')
        const retried = Date.now()
        // A double click, as two clicks at once.
        const clicks = await Promise.all([
          click(world.shop.slack, 'carol', root.ts, 'Retry the 2 left'),
          click(world.shop.slack, 'carol', root.ts, 'Retry the 2 left'),
        ])
        expect(clicks.map(({ to }) => to)).toEqual(['U0CAROL', 'U0CAROL'])
        const retry = await world.records.told(id + 1)
        expect(retry).toMatchObject({ phase: 'succeeded', retryOf: id, requestedBy: { id: 'U0CAROL' } })
        expect(await world.records.newest()).toBe(id + 1)
        expect(retry.instances.map(({ unit }) => unit)).toEqual(['bartnet@2.service', 'bartnet@3.service'])
        const now = await running(fleet, 'bartnet')
        expect(now.get('bartnet@1.service')).toEqual(healthy.get('bartnet@1.service'))
        for (const unit of ['bartnet@2.service', 'bartnet@3.service']) {
          expect(now.get(unit)?.startedAt).toBeGreaterThan(retried)
        }
        await expectToldOnce(world.shop, world.records, id + 1)
        const once = await ask(world.shop.slack, 'carol', `retry ${id}`)
        expect(once.text).toContain(`rollout ${id + 1}`)
        expect(await world.records.newest()).toBe(id + 1)
      },
      12 * minute,
    )

    it(
      'that cannot start at all is told with its states, and comes up by retry when it is mended',
      async () => {
        const fleet = fleetOf(world.shop, 'staging')
        const unit = 'beavis.service'
        await fleet.fault({ kind: 'fail-start', unit })
        const id = (await world.records.newest()) + 1
        await ask(world.shop.slack, 'bob', 'deploy beavis staging')
        const failed = await world.records.told(id)
        expect(failed).toMatchObject({ phase: 'failed', ending: { kind: 'failed', unit } })
        const { lines, root } = await expectToldOnce(world.shop, world.records, id)
        // The reason depends on what fleet shows first: the failed start, or the restarts of a crash loop. The thread gives
        // the recorded reason, whichever it is.
        const facts = (await world.records.events(id)).map(({ fact }) => fact)
        const reason = facts.flatMap((fact) =>
          fact.kind === 'instance-failed' && fact.unit === unit ? [fact.reason] : [],
        )
        expect(reason).toHaveLength(1)
        expect(reason[0]).toMatch(/failed|auto-restart|activating|inactive|crash loop/)
        expect(lines.join('\n')).toContain('beavis failed: ')
        await fleet.fault({ kind: 'unit-well', unit })
        const answer = await click(world.shop.slack, 'bob', root.ts, 'Retry the 1 left')
        // Down already: that is said, with the way to go on.
        if (!answer.text.includes('has begun')) {
          expect(answer.text).toContain('--force')
          await ask(world.shop.slack, 'bob', `retry ${id} --force`)
        }
        const retry = await world.records.told(id + 1)
        expect(retry.phase).toBe('succeeded')
        await expectToldOnce(world.shop, world.records, id + 1)
        await until('beavis to run', async () => ((await running(fleet, 'beavis')).size === 1 ? true : null))
        expect(isOver(retry)).toBe(true)
        expect((await shown(world.shop, world.records, id + 1)).lines[0]).toContain(`Takes up rollout ${id} again`)
      },
      12 * minute,
    )
  })
}
