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
  /** Its units pull what the tag of the tier names, and say at this port what they run; null: it has no releases. */
  readonly port: number | null
  readonly config: object
}

export const isReleased = ({ port }: ShopService): boolean => port !== null

const copies = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name}@${index + 1}.service`)

const team = 'team'

/** One instance of it is on each machine, and pulls what the tag names. */
const releasedConfig = (name: string, port: number): object => ({
  team,
  unit: `${name}@.service`,
  image: `quay.io/opsee/${name}`,
  verify: { by: 'health', field: 'digest' },
  health: { kind: 'http', port, path: '/health', identity: 'started_at', timeout: '1s' },
})

/**
 * Two that roll one at a time and have releases, one of them with sidekicks, the other one takes itself back when it fails;
 * one in pairs, and a singleton.
 */
export const chaosServices: readonly [ShopService, ...ShopService[]] = [
  {
    name: 'vape',
    units: copies('vape', 3),
    sidekicks: copies('vape-elb', 3),
    port: 8081,
    config: { ...releasedConfig('vape', 8081), sidekicks: ['vape-elb@.service'] },
  },
  {
    name: 'spanx',
    units: copies('spanx', 4),
    sidekicks: [],
    port: null,
    config: { team, unit: 'spanx@.service', rollout: { batch: 2 } },
  },
  {
    name: 'hugs',
    units: copies('hugs', 3),
    sidekicks: [],
    port: 8082,
    config: { ...releasedConfig('hugs', 8082), rollout: { onFailure: 'rollback', rollbackAfter: '3s' } },
  },
  {
    name: 'beavis',
    units: ['beavis.service'],
    sidekicks: [],
    port: null,
    config: { team, unit: 'beavis.service' },
  },
]

const unitFile = (description: string, more: string): string => `[Unit]
Description=${description}
${more}
[Service]
ExecStart=/bin/sleep 1000000
TimeoutStopSec=5
`

/**
 * As a team would write it. What cannot pull starts what its machine pulled before, and is started again by systemd when it
 * falls over: two ways to run another release than its neighbours.
 */
const releasedFile = (name: string, port: number): string => `[Unit]
Description=${name} %i

[Service]
EnvironmentFile=/etc/environment
Restart=always
RestartSec=10
ExecStartPre=-/usr/bin/docker rm -f %p-%i
ExecStartPre=-/usr/bin/docker pull quay.io/opsee/${name}:${tier}
ExecStart=/usr/bin/docker run --name %p-%i -p ${port}:${port} quay.io/opsee/${name}:${tier}
ExecStop=/usr/bin/docker stop -t 5 %p-%i
TimeoutStopSec=50

[X-Fleet]
Conflicts=${name}@*.service
`

/** Writes the unit files into a new folder and returns it. */
export function writeUnits(dir: string, services: readonly ShopService[]): string {
  const folder = path.join(dir, 'units')
  mkdirSync(folder)
  const ports = new Map(services.map(({ name, port }) => [`${name}@.service`, port]))
  const templates = new Set(services.flatMap(({ units, sidekicks }) => [...units, ...sidekicks].map(templateOf)))
  for (const template of templates) {
    const main = template.replace('-elb@', '@')
    const bound =
      main === template
        ? ''
        : `BindsTo=${main.replace('@.', '@%i.')}\nAfter=${main.replace('@.', '@%i.')}\n\n[X-Fleet]\nMachineOf=${main.replace('@.', '@%i.')}\n`
    const port = ports.get(template) ?? null
    const content = port === null ? unitFile(template, bound) : releasedFile(template.replace('@.service', ''), port)
    writeFileSync(path.join(folder, template), content)
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
  /** The registry that its images come from; null: none is configured. */
  readonly registry: string | null
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
    ...(given.registry === null ? {} : { registry: { hosts: { 'quay.io': { url: given.registry } }, timeout: '2s' } }),
    retention: { rollouts: given.retention },
    policy: given.policy,
    groups: { admins: { users: [ann] }, deployers: { users: [ann, bob, carol] }, team: { users: [ann, bob, carol] } },
    tiers: { [tier]: { fleet: { endpoints: given.endpoints, strictHostKeyChecking: false } } },
    services: Object.fromEntries(given.services.map(({ name, config }) => [name, config])),
  })
}
