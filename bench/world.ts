import { setTimeout as sleep } from 'node:timers/promises'
import type { Bot } from '../demo/demo/bot.ts'
import type { LocalSlack } from '../demo/slack/start.ts'
import { startBareBot } from './bare.ts'
import type { Ground, OpenGround } from './ground.ts'
import type { BenchOptions } from './options.ts'
import { benchConfig, liveServices, serviceOf } from './shop.ts'

const patienceMs = 300_000

/** What the bot alone is measured on: the bot in its shop, and a bare bot in a Slack of its own. */
export interface BenchWorld extends Ground {
  readonly bot: Bot
  readonly bareSlack: LocalSlack
}

export async function openBenchWorld(open: OpenGround, options: BenchOptions): Promise<BenchWorld> {
  const { timeScale, settleMs, memory } = options
  const ground = await open({ timeScale })
  const services = [serviceOf(3), serviceOf(30), ...liveServices(memory.rollouts)]
  await ground.launch(services)
  const { root, etcd, slack, fleetctl, fleet } = ground
  const given = { root, apiUrl: slack.apiUrl, etcd, fleetctl, endpoints: fleet.endpoints, settleMs, services }
  const bareSlack = await ground.startSlack()
  ground.keep(startBareBot(root, bareSlack))
  const [bot] = await Promise.all([
    ground.startBot('bot', benchConfig(given)),
    connected(slack, 2),
    connected(bareSlack, 1),
  ])
  return { ...ground, bot, bareSlack }
}

async function connected(slack: LocalSlack, sockets: number): Promise<void> {
  const until = performance.now() + patienceMs
  for (;;) {
    const made = (await slack.log()).filter(({ summary }) => summary.includes('socket connected'))
    if (made.length >= sockets) return
    if (performance.now() > until) throw new Error('a bot did not connect to its Slack')
    await sleep(100)
  }
}
