import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** What the chaos rolls: processes that start and end at once, a tier, and people who may and may not. */

export const tier = 'production'
export const prefix = '/opsee.co/deploy/v1/'
export const people = { ann: 'U0ANN', bob: 'U0BOB', carol: 'U0CAROL', mallory: 'U0MALLORY' } as const
export type Person = keyof typeof people
export const channels = { main: 'C0DEPLOYS', history: 'C0HISTORY' } as const

export interface ShopService {
  readonly name: string
  readonly units: readonly string[]
  readonly sidekicks: readonly string[]
  readonly config: object
}

const copies = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name}@${index + 1}.service`)

const team = 'team'

/** Two that roll one at a time, one of them with sidekicks, one in pairs, and a singleton. */
export const chaosServices: readonly [ShopService, ...ShopService[]] = [
  {
    name: 'vape',
    units: copies('vape', 3),
    sidekicks: copies('vape-elb', 3),
    config: { team, unit: 'vape@.service', sidekicks: ['vape-elb@.service'] },
  },
  {
    name: 'spanx',
    units: copies('spanx', 4),
    sidekicks: [],
    config: { team, unit: 'spanx@.service', rollout: { batch: 2 } },
  },
  { name: 'hugs', units: copies('hugs', 3), sidekicks: [], config: { team, unit: 'hugs@.service' } },
  { name: 'beavis', units: ['beavis.service'], sidekicks: [], config: { team, unit: 'beavis.service' } },
]

const unitFile = (description: string, more: string): string => `[Unit]
Description=${description}
${more}
[Service]
ExecStart=/bin/sleep 1000000
TimeoutStopSec=5
`

/** Writes the unit files into a new folder and returns it. */
export function writeUnits(dir: string, services: readonly ShopService[]): string {
  const folder = path.join(dir, 'units')
  mkdirSync(folder)
  const templates = new Set(services.flatMap(({ units, sidekicks }) => [...units, ...sidekicks].map(templateOf)))
  for (const template of templates) {
    const main = template.replace('-elb@', '@')
    const bound =
      main === template
        ? ''
        : `BindsTo=${main.replace('@.', '@%i.')}\nAfter=${main.replace('@.', '@%i.')}\n\n[X-Fleet]\nMachineOf=${main.replace('@.', '@%i.')}\n`
    writeFileSync(path.join(folder, template), unitFile(template, bound))
  }
  return folder
}

const templateOf = (unit: string): string => unit.replace(/@\d+\./, '@.')

export interface BotConfig {
  readonly apiUrl: string
  readonly etcd: readonly string[]
  readonly fleetctl: string
  readonly endpoints: readonly string[]
  readonly policy: string
  readonly services: readonly ShopService[]
  readonly retention: number
}

const leaseTtlMs = 10_000

/** One replica's `opsee.yaml`. JSON is YAML. */
export function botConfig(given: BotConfig): string {
  const { ann, bob, carol } = people
  return JSON.stringify({
    slack: { historyChannel: channels.history, apiUrl: given.apiUrl },
    etcd: { endpoints: given.etcd, prefix },
    fleetctl: { binary: given.fleetctl, pollInterval: '400ms', callTimeout: '3s', listTimeout: '3s' },
    engine: { leaseTtl: `${leaseTtlMs}ms`, rollout: { batch: 1, settle: '400ms', progressDeadline: '30s' } },
    retention: { rollouts: given.retention },
    policy: given.policy,
    groups: { admins: { users: [ann] }, deployers: { users: [ann, bob, carol] }, team: { users: [ann, bob, carol] } },
    tiers: { [tier]: { fleet: { endpoints: given.endpoints, strictHostKeyChecking: false } } },
    services: Object.fromEntries(given.services.map(({ name, config }) => [name, config])),
  })
}
