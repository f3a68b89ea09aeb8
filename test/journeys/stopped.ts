import { describe, expect, it } from 'vitest'
import { ask } from './support/people.ts'
import { expectToldOnce } from './support/thread.ts'
import { changesIn, fleetOf, running, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

export function stops(world: World): void {
  describe('a stop of the whole tier in mid-rollout', () => {
    it('rests it with nothing away and lets nothing begin, until a go; whoever takes it over meanwhile has it', async () => {
      const { slack } = world.shop
      const fleet = fleetOf(world.shop, 'production')
      const id = (await world.records.newest()) + 1
      await ask(slack, 'carol', 'deploy bartnet production')
      await world.records.reached(id, 'begun', ({ instances }) => instances.some(({ stage }) => stage === 'stopping'))

      expect((await ask(slack, 'bob', 'stop production "checkout is down"')).text).toContain('You may not stop')
      const answer = await ask(slack, 'carol', 'stop production "checkout is down"')
      expect(answer.to).toBeNull()
      expect(answer.text).toContain(
        `@carol stopped all of production: checkout is down. Nothing new begins there, for anybody. 1 rollout there (${id}) rests`,
      )
      const resting = await world.records.reached(id, 'resting', ({ phase }) => phase === 'paused')
      const done = resting.instances.filter(({ stage }) => stage === 'done').length
      expect(done).toBe(1)

      const from = Date.now()
      expect((await running(fleet, 'bartnet')).size).toBe(3)
      const refused = await ask(slack, 'carol', 'deploy beavis production --force')
      expect(refused.text).toContain(
        'all of production is stopped by @carol: checkout is down; `go production` lifts it',
      )
      expect((await ask(slack, 'carol', `resume ${id}`)).text).toContain('`go production` lets the whole tier go on.')
      expect((await ask(slack, 'bob', 'status')).text).toContain('*stopped* by @carol')

      expect((await ask(slack, 'bob', `take ${id}`)).text).toContain('You may not take')
      const taken = await ask(slack, 'ann', `take ${id} --reason "carol is at lunch"`)
      expect(taken.text).toContain("is yours now; it was @carol's")
      await world.records.reached(id, "ann's", ({ takenBy }) => takenBy?.id === 'U0ANN')
      expect(changesIn(await witnessed(fleet, from))).toEqual([])

      expect((await ask(slack, 'bob', 'go production')).text).toContain(
        'You may not lift the stop of all of production',
      )
      const gone = await ask(slack, 'ann', 'go production "well again"')
      expect(gone.text).toContain(`@ann lifted the stop of production ("well again"). It was stopped by @carol`)
      expect((await world.records.told(id)).phase).toBe('succeeded')
      const { lines, closing } = await expectToldOnce(world.shop, world.records, id)
      const ours = lines.filter((line) => !line.startsWith('Release ') && /production|takes|goes on at/.test(line))
      expect(ours).toEqual([
        expect.stringMatching(
          /^@carol stopped all of production \("checkout is down"\): bartnet@\d is brought to its end/,
        ),
        expect.stringContaining(
          'Stopped with all of production by @carol ("checkout is down"): 1 of 3 replaced; nothing',
        ),
        expect.stringContaining('<@U0ANN> takes this over from <@U0CAROL> ("carol is at lunch"): 1 of 3 replaced.'),
        'Stop lifted by @ann ("well again"): it goes on at 1 of 3 replaced.',
        expect.stringContaining('<@U0ANN> bartnet production succeeded: 3 of 3 replaced'),
      ])
      expect(closing[0]?.text).toContain('bartnet production')
      expect((await ask(slack, 'carol', 'go production')).text).toContain('production is not stopped: nothing to lift.')
    }, 600_000)
  })
}
