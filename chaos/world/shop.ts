/** What the chaos rolls: services in two tiers, and people who may and may not roll them. */

export const tier = 'production'
/** The earlier tier, which a world has if one of its services has instances there. */
export const stagingTier = 'staging'
export const prefix = '/opsee.co/deploy/v1/'
export const people = { ann: 'U0ANN', bob: 'U0BOB', carol: 'U0CAROL', mallory: 'U0MALLORY' } as const
export type Person = keyof typeof people
export const channels = { main: 'C0DEPLOYS', history: 'C0HISTORY' } as const

export interface ShopService {
  readonly name: string
  /** Its instances in production, and the sidekicks of these. */
  readonly units: readonly string[]
  readonly sidekicks: readonly string[]
  /** How many of its instances staging has; 0 where the service is not in staging. */
  readonly inStaging: number
  /** Its units pull what the tag of the tier names, and say at this port what they run; null: it has no releases. */
  readonly port: number | null
  readonly config: object
}

export const isReleased = ({ port }: ShopService): boolean => port !== null

/** The tiers of a world, the one that its people use most first. */
export const tiersOf = (services: readonly ShopService[]): readonly string[] =>
  services.some(({ inStaging }) => inStaging > 0) ? [tier, stagingTier] : [tier]

/** What a tier has of each service, where it has anything. */
export const servicesIn = (services: readonly ShopService[], where: string): readonly ShopService[] =>
  where === tier
    ? services
    : services
        .filter(({ inStaging }) => inStaging > 0)
        .map((one) => ({
          ...one,
          units: one.units.slice(0, one.inStaging),
          sidekicks: one.sidekicks.slice(0, one.inStaging),
        }))

/** A scale asks for no more. */
export const mostInstances = 5

/** Main units and sidekicks of these services. */
export const unitsOf = (services: readonly ShopService[]): readonly string[] =>
  services.flatMap(({ units, sidekicks }) => [...units, ...sidekicks])

const copies = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name}@${index + 1}.service`)

const team = 'team'

/** At most one instance of it is on each machine, and pulls what the tag names. */
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
    inStaging: 2,
    port: 8081,
    config: { ...releasedConfig('vape', 8081), sidekicks: ['vape-elb@.service'] },
  },
  {
    name: 'spanx',
    units: copies('spanx', 4),
    sidekicks: [],
    inStaging: 0,
    port: null,
    config: { team, unit: 'spanx@.service', rollout: { batch: 2 } },
  },
  {
    name: 'hugs',
    units: copies('hugs', 3),
    sidekicks: [],
    inStaging: 2,
    port: 8082,
    config: { ...releasedConfig('hugs', 8082), rollout: { onFailure: 'rollback', rollbackAfter: '3s' } },
  },
  {
    name: 'beavis',
    units: ['beavis.service'],
    sidekicks: [],
    inStaging: 0,
    port: null,
    config: { team, unit: 'beavis.service' },
  },
]

export interface BotConfig {
  readonly apiUrl: string
  readonly etcd: readonly string[]
  readonly fleetctl: string
  /** Each tier and the addresses of its fleet. */
  readonly fleets: ReadonlyMap<string, readonly string[]>
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
    tiers: Object.fromEntries(
      [...given.fleets].map(([name, endpoints]) => [name, { fleet: { endpoints, strictHostKeyChecking: false } }]),
    ),
    services: Object.fromEntries(
      given.services.map(({ name, config, inStaging }) => [
        name,
        inStaging === 0 ? { ...config, tiers: [tier] } : config,
      ]),
    ),
  })
}
