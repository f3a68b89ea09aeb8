import { describe, expect, it } from 'vitest'
import { channels, etcdPrefix } from '../../demo/demo/stage.ts'
import { build, tellAsQuay } from '../../demo/shop/push-build.ts'
import type { SlackMessage } from '../../demo/slack/control.ts'
import { keys } from '../../src/store/keys.ts'
import { click } from './support/people.ts'
import { until } from './support/until.ts'
import type { World } from './support/world.ts'

export function buildsArrive(world: World): void {
  const minute = 60_000

  /** The lines of a channel about builds of this service with this tag. */
  const lines = async (service: string, tag: string): Promise<SlackMessage[]> =>
    (await world.shop.slack.messages(channels.main)).filter(({ text }) =>
      text.includes(`${service} has a new build: ${tag} `),
    )
  const line = (service: string, tag: string): Promise<SlackMessage> =>
    until(`the line of ${service} ${tag}`, async () => (await lines(service, tag))[0])
  /** Nothing is left to tell. */
  const quiet = (): Promise<true> =>
    until('all builds to be told', async () =>
      (await world.shop.etcdHttp.range(`${etcdPrefix}${keys.arrivals}`)).length === 0 ? true : null,
    )
  /** Sent as its sender would: again while nobody listens. */
  const tell = (service: string, tags: readonly string[] | Readonly<Record<string, string>>): Promise<Response> =>
    until('somebody to listen', () => tellAsQuay(world.shop.hook, service, tags).catch(() => null))

  describe('a build that a registry tells of', () => {
    it.each([
      ['an array', 'v11', ['v11']],
      ['a map', 'v12', { v12: 'abcdef' }],
    ])(
      'in %s of tags is told with a button, which deploys it for who may and for nobody else',
      async (_, tag, tags) => {
        const digest = await build(world.shop.registry.url, 'spanx', tag)
        expect((await tell('spanx', tags)).status).toBe(202)
        const { ts } = await line('spanx', tag)
        const before = await world.records.newest()

        const refused = await click(world.shop.slack, 'bob', ts, 'Deploy to staging')
        expect(refused.to).toBe('U0BOB')
        expect(refused.text).toContain('You may not deploy spanx to staging')
        expect(await world.records.newest()).toBe(before)

        await world.shop.slack.click('U0CAROL', channels.main, ts, 'Deploy to staging')
        const { id } = await world.records.after(before)
        expect(await world.records.told(id)).toMatchObject({
          phase: 'succeeded',
          requestedBy: { id: 'U0CAROL' },
          plan: { service: 'spanx', tier: 'staging', release: { to: { digest } } },
        })
        // The same words again are the same build.
        expect((await tell('spanx', tags)).ok).toBe(true)
        await quiet()
        expect(await lines('spanx', tag)).toHaveLength(1)
      },
      5 * minute,
    )

    it.each([
      ['before its line is there', 'v13', 'silence'],
      ['after its line is there, before the bot knows', 'v14', 'lost-answer'],
    ] as const)(
      'is told once when the bot is killed %s',
      async (_, tag, fate) => {
        await build(world.shop.registry.url, 'bartnet', tag)
        let met = false
        world.proxy.decide((method, body) => {
          if (method !== 'chat.postMessage' || !body.includes(tag)) return 'well'
          met = true
          return fate
        })
        expect((await tell('bartnet', [tag])).status).toBe(202)
        await until('the post', async () => (met ? true : null), undefined, 5)
        if (fate === 'lost-answer') await line('bartnet', tag)
        await world.shop.killBot()
        expect(await lines('bartnet', tag)).toHaveLength(fate === 'silence' ? 0 : 1)
        world.proxy.decide(() => 'well')
        world.shop.startBot()
        await line('bartnet', tag)
        await quiet()
        expect((await tell('bartnet', [tag])).ok).toBe(true)
        await quiet()
        expect(await lines('bartnet', tag)).toHaveLength(1)
      },
      5 * minute,
    )

    it(
      'deploys itself where the service says so, as the builds themselves',
      async () => {
        const before = await world.records.newest()
        const digest = await build(world.shop.registry.url, 'beavis', 'v15')
        expect((await tell('beavis', ['v15'])).status).toBe(202)
        const { id } = await world.records.after(before)
        expect(await world.records.told(id)).toMatchObject({
          phase: 'succeeded',
          requestedBy: { id: 'builds' },
          plan: { service: 'beavis', tier: 'staging', release: { to: { digest } } },
        })
        expect(await lines('beavis', 'v15')).toHaveLength(1)
        expect(await world.records.newest()).toBe(id)
      },
      5 * minute,
    )
  })
}
