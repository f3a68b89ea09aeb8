import { readFileSync } from 'node:fs'
import path from 'node:path'

/** What the demo's `opsee.yaml` needs to know. Ids of Slack, URLs, absolute paths. */
export interface ShopConfig {
  readonly slackApiUrl: string
  readonly historyChannel: string
  readonly etcd: string
  readonly registry: string
  readonly fleetctl: string
  readonly policy: string
  readonly fleets: { readonly staging: readonly string[]; readonly production: readonly string[] }
  readonly users: { readonly ann: string; readonly bob: string; readonly carol: string }
}

/** The text of `opsee.yaml` for this shop. `root` is the project's folder. */
export function shopConfigText(root: string, config: ShopConfig): string {
  const values: Readonly<Record<string, unknown>> = {
    SLACK_API_URL: config.slackApiUrl,
    HISTORY_CHANNEL: config.historyChannel,
    ETCD: config.etcd,
    REGISTRY: config.registry,
    FLEETCTL: config.fleetctl,
    POLICY: config.policy,
    STAGING_FLEET: config.fleets.staging,
    PRODUCTION_FLEET: config.fleets.production,
    ANN: config.users.ann,
    BOB: config.users.bob,
    CAROL: config.users.carol,
  }
  const template = readFileSync(path.join(root, 'demo', 'shop', 'opsee.yaml'), 'utf8')
  return template.replaceAll(/\$([A-Z_]+)/g, (all, name: string) => {
    // In the comment on top the word stands for itself.
    if (name === 'NAMES') return all
    const value = values[name]
    if (value === undefined) throw new Error(`demo/shop/opsee.yaml names ${all}, which the demo does not know`)
    // JSON is YAML.
    return JSON.stringify(value)
  })
}
