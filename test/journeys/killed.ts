import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { isOver } from '../../src/domain/rollout.ts'
import { keys } from '../../src/store/keys.ts'
import { ask } from './support/people.ts'
import { randomFrom } from './support/random.ts'
import { expectToldOnce } from './support/thread.ts'
import { until } from './support/until.ts'
import { changesIn, fleetOf, mostAway, running, startsIn, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

export function botKilled(world: World): void {
  const minute = 60_000
  const kills = 20
  const seed = 20_261_124

  /** Something of it that a restarted bot has still to do. */
  async function unfinished(id: number): Promise<boolean> {
    if ((await world.records.newest()) < id) return false
    return !isOver(await world.records.rollout(id)) || (await world.records.raw(keys.telling(id))) !== null
  }

  /** How much is recorded of a rollout and of its thread: grows with each step of either. */
  async function steps(id: number): Promise<string> {
    const [rollout, thread] = await Promise.all([world.records.rollout(id), world.records.thread(id)])
    return JSON.stringify([rollout.seq, rollout.phase, thread])
  }

  describe('the bot killed by SIGKILL at 20 points', () => {
    it(
      'and started again each time finishes the same rollouts in the same threads, and does no step twice',
      async () => {
        const random = randomFrom(seed)
        const fleet = fleetOf(world.shop, 'production')
        const from = Date.now()
        const before = await running(fleet, 'vape')
        let killed = 0
        const first = (await world.records.newest()) + 1
        let id = first - 1
        while (killed < kills) {
          if (id < first || !(await unfinished(id))) {
            id += 1
            await until('the bot to hear', async () => {
              // A bot that is not connected yet hears nothing; and the same command twice starts nothing twice.
              await Promise.race([ask(world.shop.slack, 'ann', 'deploy vape production'), sleep(10_000)])
              return (await world.records.newest()) >= id ? true : null
            })
          }
          const seen = await steps(id)
          await until('the next step', async () => ((await steps(id)) === seen && (await unfinished(id)) ? null : true))
          await sleep(random() * 400)
          await world.shop.killBot()
          killed += 1
          world.shop.startBot()
        }

        for (let each = first; each <= id; each++) {
          const rollout = await world.records.told(each)
          expect(rollout.phase).toBe('succeeded')
          await expectToldOnce(world.shop, world.records, each)
        }
        expect(await world.records.newest()).toBe(id)

        const after = await running(fleet, 'vape')
        expect(after.size).toBe(3)
        const lines = await witnessed(fleet, from)
        const starts = startsIn(lines, 'vape')
        const calls = changesIn(lines)
        const count = id - first + 1
        const all = await Promise.all(Array.from({ length: count }, (_, n) => world.records.rollout(first + n)))
        for (const [unit, old] of before) {
          expect(after.get(unit)?.pid).not.toBe(old.pid)
          const recorded = all.flatMap(({ instances }) => instances.filter((one) => one.unit === unit))
          const allowed = recorded.reduce((sum, one) => sum + one.calls, 0)
          // A step is recorded before it is done: never more calls than that, and a new process for each rollout.
          expect(calls.filter((call) => call.includes(unit)).length).toBeLessThanOrEqual(allowed)
          expect(starts.get(unit)).toBeGreaterThanOrEqual(count)
          expect(starts.get(unit)).toBeLessThanOrEqual(recorded.reduce((sum, one) => sum + one.attempt, 0))
        }
        expect(mostAway(lines, 'vape')).toBe(1)
      },
      20 * minute,
    )
  })
}
