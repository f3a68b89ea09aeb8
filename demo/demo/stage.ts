import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../etcd/ports.ts'
import { startEtcd, type EtcdServer } from '../etcd/start.ts'
import { installFleetctl } from '../fleet/install.ts'
import { startRegistry, type RegistryServer } from '../registry/start.ts'
import { shopConfigText } from '../shop/config.ts'
import { createEtcdHttp, type EtcdHttp } from '../shop/etcd-http.ts'
import { startShop, type Shop } from '../shop/start.ts'
import { startLocalSlack, type LocalSlack } from '../slack/start.ts'
import { startBot, type Bot, type BotOptions } from './bot.ts'
import type { Watchdog } from './watchdog.ts'

/** Everything that a demo runs: the services of the shop, and the bot. */
export interface Stage {
  readonly etcd: EtcdServer
  readonly etcdHttp: EtcdHttp
  readonly registry: RegistryServer
  readonly slack: LocalSlack
  readonly shop: Shop
  /** Path of the stand-in fleetctl. */
  readonly fleetctl: string
  readonly bot: Bot
  /** Path of the bot's `opsee.yaml`. */
  readonly config: string
  /** Where it hears of builds, as Quay is told: with the secret of this run. */
  readonly hook: string
  /** Its secrets, by the names in its environment. */
  readonly secrets: Readonly<Record<string, string>>
}

export interface StageOptions {
  readonly root: string
  /** An existing folder for all of it. */
  readonly dir: string
  readonly ports: { readonly slack: number; readonly etcd: number }
  readonly timeScale: number
  readonly watchdog: Watchdog
  readonly progress: (text: string) => void
  /** Starts the bot; `startBot` unless given. */
  readonly startBot?: (options: BotOptions) => Bot
  /** Changes the bot's `opsee.yaml` before it is written. */
  readonly configure?: (text: string) => string | Promise<string>
  /** Told of each part as soon as it runs, in order: what is to be ended when the next one does not start. */
  readonly started: (part: { stop(): Promise<void> }) => void
}

export const people = { ann: 'U0ANN', bob: 'U0BOB', carol: 'U0CAROL' } as const
export const channels = { main: 'C0DEPLOYS', history: 'C0HISTORY' } as const
export const etcdPrefix = '/opsee.co/deploy/v1/'

const connectMs = 180_000

/** Starts all parts, the bot last. Resolves when the bot is connected to the Slack; rejects with what did not start. */
export async function startStage(options: StageOptions): Promise<Stage> {
  const { root, dir, watchdog, progress } = options
  const keep = <T extends { readonly pid: number; stop(): Promise<void> }>(part: T): T => {
    // Read once: etcd has none any more when it is stopped.
    const { pid } = part
    watchdog.process(pid)
    options.started({ stop: () => part.stop().then(() => watchdog.forget(pid)) })
    return part
  }
  progress('Starting etcd, an image registry and Slack')
  mkdirSync(path.join(dir, 'etcd'))
  const etcd = keep(await startEtcd({ dir: path.join(dir, 'etcd'), ...given(options.ports.etcd) }))
  const registry = keep(await startRegistry({ dir: path.join(dir, 'registry') }))
  const slack = keep(
    await startLocalSlack({ ...given(options.ports.slack), users: slackUsers(), channels: slackChannels() }),
  )
  progress('Starting the shop: two fleets of three machines, six services')
  const fleetctl = installFleetctl(path.join(dir, 'bin'))
  const { timeScale } = options
  const started = (_: string, fleet: { readonly pid: number; stop(): Promise<void> }): void => void keep(fleet)
  const shop = await startShop({ root, dir, etcd: etcd.endpoint, registry: registry.url, fleetctl, timeScale, started })
  progress('Starting the bot')
  const config = path.join(dir, 'opsee.yaml')
  const endpointsOf = (tier: 'staging' | 'production'): readonly string[] => shop.fleets.get(tier)?.endpoints ?? []
  const text = shopConfigText(root, {
    slackApiUrl: slack.apiUrl,
    historyChannel: channels.history,
    etcd: etcd.endpoint,
    registry: registry.url,
    fleetctl,
    policy: path.join(root, 'policy.cedar'),
    fleets: { staging: endpointsOf('staging'), production: endpointsOf('production') },
    users: people,
  })
  const [hookPort = 0] = await freePorts(1)
  const withHooks = `${text}\nhooks: { port: ${hookPort}, host: 127.0.0.1 }\n`
  writeFileSync(config, (await options.configure?.(withHooks)) ?? withHooks)
  const { botToken, appToken, signingSecret } = slack.app
  const hookSecret = randomBytes(16).toString('hex')
  const secrets = {
    SLACK_BOT_TOKEN: botToken,
    SLACK_APP_TOKEN: appToken,
    SLACK_SIGNING_SECRET: signingSecret,
    OPSEE_HOOK_SECRET: hookSecret,
  }
  const hook = `http://127.0.0.1:${hookPort}/hooks/quay?token=${hookSecret}`
  const bot = keep((options.startBot ?? startBot)({ root, dir, config, secrets }))
  await connected(bot, slack)
  const etcdHttp = createEtcdHttp(etcd.endpoint)
  return { etcd, etcdHttp, registry, slack, shop, fleetctl, bot, config, hook, secrets }
}

async function connected(bot: Bot, slack: LocalSlack): Promise<void> {
  const until = performance.now() + connectMs
  while (performance.now() < until) {
    const ended = bot.ended()
    if (ended !== null) throw new Error(ended)
    if ((await slack.log()).some(({ summary }) => summary.includes('socket connected'))) return
    await sleep(100)
  }
  throw new Error(`The bot did not connect to the Slack within ${connectMs / 1000} s. Its log: ${bot.log}`)
}

const given = (port: number): { port?: number } => (port === 0 ? {} : { port })

const slackUsers = () =>
  Object.entries(people).map(([name, id]) => ({ id, name, real_name: name.charAt(0).toUpperCase() + name.slice(1) }))

const slackChannels = () => [
  { id: channels.main, name: 'deploys' },
  { id: channels.history, name: 'deploy-history' },
]
