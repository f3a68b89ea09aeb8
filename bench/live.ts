import type { Bot } from '../demo/demo/bot.ts'
import { isOver } from '../src/domain/rollout.ts'
import { waitFor, type Ground } from './ground.ts'
import { ann, channel, tier, type ShopService } from './shop.ts'

/** Starts rollouts that stay live, each in a thread of its own, and waits until all of them are driven and told. */
export async function startLive(ground: Ground, bots: readonly Bot[], services: readonly ShopService[]): Promise<void> {
  const { slack, journal } = ground
  for (const { name } of services) await slack.command(ann, channel, `deploy ${name} ${tier}`)
  let state = ''
  const settled = async (): Promise<boolean> => {
    const live = (await journal.rollouts()).filter((rollout) => !isOver(rollout))
    const roots = (await slack.messages(channel)).filter(({ text }) => text.includes('is rolling'))
    const proving = live.filter(({ instances }) => instances.every(({ stage }) => stage === 'proving'))
    state = `${proving.length} of ${services.length} rollouts are live, and ${roots.length} are told`
    return proving.length === services.length && roots.length >= services.length
  }
  await waitFor(bots, settled, () => state)
}
