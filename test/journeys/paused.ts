import { describe, expect, it } from 'vitest'
import { ask, click, clicks } from './support/people.ts'
import { expectToldOnce } from './support/thread.ts'
import { until } from './support/until.ts'
import { changesIn, fleetOf, running, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

export function pauses(world: World): void {
  describe('a pause in mid-rollout', () => {
    it('rests with nothing away, says so, and goes on by its button, however often that is pressed', async () => {
      const { slack } = world.shop
      const fleet = fleetOf(world.shop, 'production')
      const before = await running(fleet, 'bartnet')
      const id = (await world.records.newest()) + 1
      await ask(slack, 'carol', 'deploy bartnet production')
      await world.records.reached(id, 'begun', ({ instances }) => instances.some(({ stage }) => stage === 'stopping'))

      const denied = await ask(slack, 'bob', `pause ${id}`)
      expect(denied.text).toContain("You may not pause <@U0CAROL>'s rollout of bartnet in production")
      const answer = await ask(slack, 'ann', `pause ${id} --reason "graphs"`)
      expect(answer.to).toBe('U0ANN')
      expect(answer.text).toContain(`Rollout ${id} (deploy of bartnet in production) is being paused: bartnet@`)
      const paused = await world.records.reached(id, 'paused', ({ phase }) => phase === 'paused')
      const done = paused.instances.filter(({ stage }) => stage === 'done').map(({ unit }) => unit)
      expect(done).toHaveLength(1)

      const from = Date.now()
      expect((await ask(slack, 'ann', `pause ${id}`)).text).toContain('is paused already, by @ann')
      expect((await ask(slack, 'bob', 'status bartnet production')).text).toContain('is paused by @ann')
      const root = await until('the root to say so', async () => {
        const ref = (await world.records.thread(id))?.root
        const shown = (await slack.messages(ref?.channel ?? '')).find(({ ts }) => ts === ref?.id)
        return shown?.text.includes('is paused by @ann, 1 of 3 done') === true ? shown : null
      })
      const now = await running(fleet, 'bartnet')
      expect(now.size).toBe(3)
      for (const [unit, { pid }] of before) expect(now.get(unit)?.pid === pid).toBe(!done.includes(unit))
      expect(changesIn(await witnessed(fleet, from)).filter((call) => call.includes('bartnet'))).toEqual([])

      expect((await click(slack, 'bob', root.ts, 'Resume')).text).toContain('You may not resume')
      // Whoever is told first: each of the two answers is one that the other click did not get.
      const answers = (await clicks(slack, 'carol', root.ts, 'Resume', 2)).toSorted()
      expect(answers).toHaveLength(2)
      const name = `Rollout ${id} (deploy of bartnet in production) goes on`
      expect(answers.filter((text) => text.startsWith(`${name}.`))).toHaveLength(1)
      expect(answers.filter((text) => text.startsWith(`${name} already: @carol resumed it `))).toHaveLength(1)
      expect((await world.records.told(id)).phase).toBe('succeeded')
      const { lines } = await expectToldOnce(world.shop, world.records, id)
      const ours = lines.filter((line) => /paus|Resumed/i.test(line))
      expect(ours).toHaveLength(3)
      expect(ours[0]).toMatch(
        /^@ann pauses it \("graphs"\): bartnet@\d is brought to its end first, nothing new begins\.$/,
      )
      expect(ours[1]).toContain('Paused by @ann ("graphs"): 1 of 3 replaced; nothing is away.')
      expect(ours[2]).toBe('Resumed by @carol: it goes on at 1 of 3 replaced.')
      expect((await ask(slack, 'carol', `resume ${id}`)).text).toContain('Nothing to resume.')
    }, 600_000)
  })
}
