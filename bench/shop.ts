/** What the benches roll: processes that start and end at once, so that what is measured is fleet and who drives it. */

export const ann = 'U0ANN'
export const channel = 'C0DEPLOYS'
export const historyChannel = 'C0HISTORY'
/** Where many teams deploy at once. */
export const teamChannels = Array.from({ length: 10 }, (_, index) => `C0TEAM${index}`)
export const channels = [channel, historyChannel, ...teamChannels]
export const tier = 'production'
/** Of the shops that have two tiers. */
export const tiers = ['staging', tier] as const
export const prefix = '/opsee.co/deploy/v1/'

export interface ShopService {
  readonly name: string
  /** A template, or a plain unit. */
  readonly unit: string
  readonly units: readonly string[]
  /** Text of the unit file. */
  readonly file: string
  /** Over the bot's own settings of a rollout. */
  readonly rollout: Readonly<Record<string, string>>
}

const unitFile = (name: string): string => `[Unit]
Description=${name}

[Service]
ExecStart=/bin/sleep 1000000
TimeoutStopSec=5
`

/** A template with so many instances. */
export function copies(name: string, count: number, rollout: ShopService['rollout'] = {}): ShopService {
  const units = Array.from({ length: count }, (_, index) => `${name}@${index + 1}.service`)
  return { name, unit: `${name}@.service`, units, file: unitFile(name), rollout }
}

/** `three`, `thirty`: a template each, with that many instances. */
export const serviceOf = (instances: 3 | 30): ShopService => copies(instances === 3 ? 'three' : 'thirty', instances)

/** Services of one plain unit each, whose rollouts stay live. */
export const liveServices = (count: number): readonly ShopService[] =>
  Array.from({ length: count }, (_, index) => {
    const name = `live-${index + 1}`
    const unit = `${name}.service`
    return { name, unit, units: [unit], file: unitFile(name), rollout: { settle: '1h', progressDeadline: '2h' } }
  })

/** The repository of a service, without its host. */
export const imageOf = (name: string): string => `bench/${name}`

/** The bot's configuration: all defaults but the settle time and what is given. JSON is YAML. */
export function benchConfig(given: {
  readonly apiUrl: string
  readonly etcd: string
  readonly fleetctl: string
  readonly root: string
  readonly endpoints: readonly string[]
  readonly settleMs: number
  readonly services: readonly ShopService[]
  readonly engine?: object
  readonly fleetctlLimits?: object
  readonly retention?: object
  /** With a registry at this URL, an image `quay.io/<imageOf>` of each service, and a fleet for staging. */
  readonly releases?: { readonly registry: string; readonly staging: readonly string[] }
}): string {
  const { releases } = given
  const services = given.services.map(({ name, unit, rollout }) => [
    name,
    { team: 'team', unit, rollout, ...(releases === undefined ? {} : { image: `quay.io/${imageOf(name)}` }) },
  ])
  const tierAt = (endpoints: readonly string[]) => ({ fleet: { endpoints, strictHostKeyChecking: false } })
  return JSON.stringify({
    slack: { historyChannel, apiUrl: given.apiUrl },
    etcd: { endpoints: [given.etcd], prefix },
    fleetctl: { binary: given.fleetctl, ...given.fleetctlLimits },
    engine: { rollout: { settle: `${given.settleMs}ms` }, ...given.engine },
    retention: given.retention ?? {},
    policy: `${given.root}/policy.cedar`,
    groups: { admins: { users: [ann] }, deployers: { users: [ann] }, team: { users: [ann] } },
    ...(releases === undefined
      ? {}
      : { registry: { hosts: { 'quay.io': { url: releases.registry } }, timeout: '30s' } }),
    tiers: {
      ...(releases === undefined ? {} : { staging: tierAt(releases.staging) }),
      [tier]: tierAt(given.endpoints),
    },
    services: Object.fromEntries(services),
  })
}
