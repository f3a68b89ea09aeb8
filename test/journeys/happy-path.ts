import { describe, expect, it } from 'vitest'
import { notReplaced } from '../../demo/demo/replaced.ts'
import { ask } from './support/people.ts'
import { expectToldOnce } from './support/thread.ts'
import { fleetOf, mostAway, startsIn, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

export function happyPath(world: World): void {
  let id = 0

  describe('`/opsee deploy api production`', () => {
    it('replaces every instance, one at a time, and tells it once, in order and to its end', async () => {
      const fleet = fleetOf(world.shop, 'production')
      const before = await fleet.instances()
      const from = Date.now()
      id = (await world.records.newest()) + 1

      const answer = await ask(world.shop.slack, 'ann', 'deploy api production --reason "new billing"')
      expect(answer.to).toBe('U0ANN')
      expect(answer.text).toContain(`Rollout ${id} of bartnet to production has begun; follow it in the thread.`)
      expect(answer.text).toMatch(
        /nothing new ships: 2\.6\.1 .* runs on 3 instances already, so this is only a restart/,
      )
      const rollout = await world.records.told(id)

      expect(rollout.phase).toBe('succeeded')
      expect(notReplaced(rollout, before, await fleet.instances())).toEqual([])
      const lines = await witnessed(fleet, from)
      expect(mostAway(lines, 'bartnet')).toBe(1)
      expect([...startsIn(lines, 'bartnet')]).toEqual(
        expect.arrayContaining([1, 2, 3].map((number) => [`bartnet@${number}.service`, 1])),
      )
      // Nobody else's unit was touched.
      expect([...startsIn(lines, 'vape'), ...startsIn(lines, 'beavis'), ...startsIn(lines, 'hugs')]).toEqual([])

      const { root, lines: thread, closing } = await expectToldOnce(world.shop, world.records, id)
      expect(root.text).toMatch(
        new RegExp(`^Rollout ${id}: deploy of bartnet to production succeeded after \\S+, 3 of 3 done$`),
      )
      expect(JSON.stringify(root.blocks)).not.toContain('"button"')
      expect(thread[0]).toMatch(/^Plan \S+: 3 instances, one at a time: bartnet@1, bartnet@2 and bartnet@3\.$/)
      expect(thread.filter((line) => /^Batch \d of 3: bartnet@\d$/.test(line))).toHaveLength(3)
      expect(thread.filter((line) => /^bartnet@\d is healthy|^bartnet@\d .* on 127\./.test(line))).toHaveLength(3)
      expect(thread.at(-1)).toMatch(/^<@U0ANN> bartnet production succeeded: .*3/)
      expect(closing[0]?.text).toMatch(/bartnet production: deploy by @ann \("new billing"\) succeeded in \S+, 3 of 3/)
    })

    it('is found again with history, show and status', async () => {
      const history = await ask(world.shop.slack, 'bob', 'history api production')
      expect(history.to).toBe('U0BOB')
      expect(history.text).toMatch(
        new RegExp(
          `^\`${id}\`  deploy of bartnet in production \\*succeeded\\* .*3 of 3 replaced, release 2\\.6\\.1 \\(sha256:[0-9a-f]+\\), by @ann, because: new billing$`,
          'm',
        ),
      )
      const show = await ask(world.shop.slack, 'bob', `show ${id}`)
      expect(show.text).toContain('bartnet@3')
      expect(show.text).toContain('@ann')
      expect(show.text).toContain('succeeded')
      const status = await ask(world.shop.slack, 'bob', 'status api production')
      for (const number of [1, 2, 3]) expect(status.text).toContain(`bartnet@${number}`)
      expect(status.text).toContain('running')
      const all = await ask(world.shop.slack, 'bob', 'status')
      for (const service of ['bartnet', 'vape', 'beavis', 'pracovnik', 'spanx', 'hugs']) {
        expect(all.text).toContain(service)
      }
    })
  })
}
