import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bot } from '../../demo/demo/bot.ts'
import { channels, people } from '../../demo/demo/stage.ts'
import { freePorts } from '../../demo/etcd/ports.ts'
import { ask, click, mention } from './support/people.ts'
import { expectToldOnce } from './support/thread.ts'
import { until } from './support/until.ts'
import { fleetOf, startsIn, witnessed } from './support/witness.ts'
import type { World } from './support/world.ts'

export function redeliveries(world: World): void {
  const minute = 60_000
  let older: Bot | null = null
  const next = async (): Promise<number> => (await world.records.newest()) + 1
  const allowed = async (): Promise<number> =>
    (await world.records.audit()).filter(({ fact }) => fact.kind === 'decision' && fact.decision === 'allowed').length

  const connections = async (): Promise<number> =>
    (await world.shop.slack.log()).filter(({ summary }) => summary.includes('socket connected')).length
  const connected = async (bot: Bot, before: number): Promise<void> => {
    await until('the bot to be connected', async () => {
      if (bot.ended() !== null) throw new Error(`the bot ended: ${bot.ended()}`)
      return (await connections()) >= before + 2 ? true : null
    })
  }
  /** The configuration for a second bot on this host: it hears of builds at another port. */
  const withItsOwnHooks = async (): Promise<string> => {
    const { config } = world.shop
    const [port = 0] = await freePorts(1)
    const text = await readFile(config, 'utf8')
    const own = path.join(path.dirname(config), 'opsee-second.yaml')
    await writeFile(own, text.replace(/^hooks: \{ port: \d+/m, `hooks: { port: ${port}`))
    return own
  }

  describe('one and the same request, delivered to two bots', () => {
    // local-slack sends every envelope to every connection: here each command comes four times, to two processes.
    beforeAll(async () => {
      older = world.shop.bot
      const alone = await connections()
      await connected(world.shop.startBot(await withItsOwnHooks()), alone)
    }, 400_000)
    afterAll(async () => {
      if (older === null) return
      await world.shop.killBot(older)
      await world.shop.killBot()
      const before = await connections()
      await connected(world.shop.startBot(), before)
    }, 400_000)

    it(
      'as a slash command starts one rollout, which is decided, driven and told once',
      async () => {
        const from = Date.now()
        const id = await next()
        const before = await allowed()
        await ask(world.shop.slack, 'bob', 'deploy beavis staging')
        const rollout = await world.records.told(id)
        expect(rollout.phase).toBe('succeeded')
        expect(await world.records.newest()).toBe(id)
        expect(await allowed()).toBe(before + 1)
        await expectToldOnce(world.shop, world.records, id)
        const lines = await witnessed(fleetOf(world.shop, 'staging'), from)
        expect([...startsIn(lines, 'beavis')]).toEqual([['beavis.service', 1]])
        // One of the two answers, and the other keeps silent.
        const answers = (await world.shop.slack.messages(channels.main)).filter(
          ({ ephemeral_to: to, ts }) => to === people.bob && Number(ts) * 1000 >= from - 1000,
        )
        expect(answers.map(({ text }) => text)).toEqual([expect.stringMatching(/^Rollout \d+ of beavis/)])
      },
      8 * minute,
    )

    it(
      'as a mention in a thread starts one rollout, which is told in that thread',
      async () => {
        const { ts } = await world.shop.slack.say(people.bob, channels.main, 'shall we?')
        const before = await allowed()
        const id = await next()
        await mention(world.shop.slack, 'bob', 'deploy beavis staging', ts)
        const rollout = await world.records.told(id)
        expect(rollout).toMatchObject({ phase: 'succeeded', place: { channel: channels.main, thread: ts } })
        expect(await world.records.newest()).toBe(id)
        expect(await allowed()).toBe(before + 1)
        const { root } = await expectToldOnce(world.shop, world.records, id)
        expect(root.thread_ts).toBe(ts)
        expect((await world.records.thread(id))?.home).toEqual({ channel: channels.main, thread: ts })
      },
      8 * minute,
    )

    it(
      'as a click aborts once',
      async () => {
        const id = await next()
        await ask(world.shop.slack, 'bob', 'deploy api staging')
        const root = await until('the root message', async () => (await world.records.thread(id))?.root)
        const before = await allowed()
        await click(world.shop.slack, 'bob', root.id, 'Abort')
        const rollout = await world.records.told(id)
        expect(rollout.phase).toBe('aborted')
        expect(await allowed()).toBe(before + 1)
        const { lines } = await expectToldOnce(world.shop, world.records, id)
        expect(lines.filter((line) => line.includes('aborted it'))).toHaveLength(1)
      },
      8 * minute,
    )
  })
}
