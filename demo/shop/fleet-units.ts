/** What the shop runs in each tier, as its people once typed it at fleetctl. */

export type TierName = 'staging' | 'production'

export interface Service {
  readonly name: string
  /** `name@.service` with as many instances as each tier has; null for one plain unit. */
  readonly instances: Readonly<Record<TierName, number>> | null
  /** Templates of the units bound to each instance. */
  readonly sidekicks: readonly string[]
  /** Version and source commit of what runs when the demo begins. */
  readonly version: string
  readonly revision: string
}

export const services: readonly Service[] = [
  service('bartnet', { staging: 2, production: 3 }, '2.6.1', '1f6c0be'),
  service('vape', { staging: 2, production: 3 }, '1.9.0', '77ad1c4', ['vape-elb', 'vape-announce']),
  service('beavis', null, '0.4.3', 'c0ffee1'),
  service('pracovnik', { staging: 1, production: 2 }, '3.0.2', '5d1e90a'),
  service('spanx', { staging: 1, production: 2 }, '1.1.7', '9b20fd3'),
  service('hugs', { staging: 1, production: 2 }, '0.8.5', 'e41b6c2'),
]

/** Units that are on every machine and belong to nobody's deploy. */
export const globalUnits = ['registrator.service'] as const

/** Images that are the same in both tiers. */
export const sharedImages = [
  'quay.io/coreos/elb-presence:latest',
  'quay.io/opsee/announcer:latest',
  'gliderlabs/registrator:latest',
] as const

/** What its instances are made from; it lies in fleet, so that more of them can be made. */
export const templates: readonly string[] = services.flatMap((one) =>
  one.instances === null ? [] : [one.name, ...one.sidekicks].map((name) => `${name}@.service`),
)

/** Full names of every unit that is to run in a tier. */
export function allUnits(tier: TierName): string[] {
  const owned = services.flatMap((one) =>
    [one.name, ...one.sidekicks].flatMap((name) => numbered(one.instances, tier, name)),
  )
  return [...owned, ...globalUnits]
}

function numbered(instances: Service['instances'], tier: TierName, name: string): string[] {
  if (instances === null) return [`${name}.service`]
  return Array.from({ length: instances[tier] }, (_, index) => `${name}@${index + 1}.service`)
}

function service(
  name: string,
  instances: Service['instances'],
  version: string,
  revision: string,
  sidekicks: readonly string[] = [],
): Service {
  return { name, instances, sidekicks, version, revision }
}
