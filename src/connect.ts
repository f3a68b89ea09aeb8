import { createProxyFetch, type ProxyFetch } from './adapters/http/agent.ts'
import type { Proxy } from './config/proxy.ts'
import { createEtcdStore, type EtcdStore } from './adapters/etcd/store.ts'
import { createFleetScheduler, type FleetScheduler } from './adapters/fleet/fleet-scheduler.ts'
import { createHealthProbe, type ClosableHealthProbe } from './adapters/health/health-probe.ts'
import { createRegistry, type Registry } from './adapters/registry/registry.ts'
import { createSlackChat, type SlackChat } from './adapters/slack/chat.ts'
import { createWebhookSender, type ClosableWebhookSender } from './adapters/webhooks/sender.ts'
import { etcdOptionsOf, fleetOptionsOf, registryOptionsOf } from './config/adapter-options.ts'
import type { DockerConfig } from './config/docker-config.ts'
import type { Config } from './config/schema.ts'
import type { Secrets } from './config/secrets.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'

/** The adapters that a configuration asks for, shared by the bot and by the check of its configuration. */
export interface Connections {
  readonly store: EtcdStore
  readonly schedulers: ReadonlyMap<string, FleetScheduler>
  readonly probe: ClosableHealthProbe
  readonly chat: SlackChat
  /** Null without a registry in the configuration. */
  /** For Slack; null without a proxy. */
  readonly proxied: ProxyFetch | null
  readonly registry: Registry | null
  /** Null when the configuration names nobody to tell. */
  readonly webhooks: ClosableWebhookSender | null
  close(): Promise<void>
}

export interface ConnectParts {
  readonly config: Config
  readonly secrets: Secrets
  readonly docker: DockerConfig
  readonly proxy: Proxy | null
  /** Told of secrets that a changed docker configuration brings, so that they are masked. */
  readonly secretsChanged: (secrets: readonly string[]) => void
  readonly clock: Clock
  readonly log: Log
  /** The bot's own environment: `PATH`, `HOME` and `SSH_AUTH_SOCK` reach fleetctl, and nothing else does. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The patience of the engine with etcd; commands have their own. */
export const engineTimeoutMs = 15_000
export const commandTimeoutMs = 2_500
export const slackTimeoutMs = 10_000
const webhookTimeoutMs = 10_000

/** Makes no connection before the first call. Rejects when a TLS file cannot be read. */
export async function connect(parts: ConnectParts): Promise<Connections> {
  const { config, secrets, docker, clock, log, env, proxy, secretsChanged } = parts
  const etcd = await etcdOptionsOf(config, secrets)
  const store = createEtcdStore({ ...etcd, timeoutMs: engineTimeoutMs, clock })
  const schedulers = new Map(
    Object.entries(config.tiers).map(([name, tier]) => [
      name,
      createFleetScheduler(fleetOptionsOf(config, tier, env), clock, log),
    ]),
  )
  const probe = createHealthProbe(clock)
  const apiUrl = config.slack.apiUrl ?? null
  const proxied = createProxyFetch(proxy)
  const through = proxied === null ? {} : { fetch: proxied.fetch }
  const slack = { token: secrets.slackBotToken, apiUrl, timeoutMs: slackTimeoutMs, ...through }
  const chat = createSlackChat(slack, clock, log)
  const images = registryOptionsOf(config, secrets, docker)
  const registry = images === null ? null : createRegistry({ ...images, proxy }, clock, { log, secretsChanged })
  const { webhookSecret } = secrets
  const webhooks =
    webhookSecret === null
      ? null
      : createWebhookSender({ secret: webhookSecret, timeoutMs: webhookTimeoutMs, proxy }, clock)
  return {
    store,
    schedulers,
    probe,
    chat,
    proxied,
    registry,
    webhooks,
    async close() {
      chat.close()
      const others = [proxied?.dispatcher.destroy(), probe.close(), store.close(), registry?.close(), webhooks?.close()]
      await Promise.allSettled([...[...schedulers.values()].map((one) => one.close()), ...others])
    },
  }
}
