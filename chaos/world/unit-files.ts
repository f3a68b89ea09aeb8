import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ShopService } from './shop.ts'

/** What a template says beside what it always says. */
export type Variant =
  | { readonly kind: 'as-written' }
  /** The same, with one more line: a unit file that changed and is good. */
  | { readonly kind: 'changed'; readonly number: number }
  /** Its instances cannot start. */
  | { readonly kind: 'broken'; readonly number: number }

const extraLine = (variant: Variant): string =>
  variant.kind === 'as-written' ? '' : `Environment=VARIANT=${variant.number}\n`

/** A service without releases: when its process ends, it stays down. */
const plainFile = (description: string, more: string, variant: Variant): string => `[Unit]
Description=${description}
${more}
[Service]
${extraLine(variant)}ExecStart=${variant.kind === 'broken' ? '/bin/false' : '/bin/sleep 1000000'}
TimeoutStopSec=5
`

/**
 * As a team would write it. An instance that cannot pull starts what its machine pulled before. systemd starts one again that
 * crashes. Both are ways to run a different release than the neighbours.
 */
const releasedFile = (name: string, port: number, tier: string, variant: Variant): string => `[Unit]
Description=${name} %i

[Service]
EnvironmentFile=/etc/environment
${extraLine(variant)}Restart=always
RestartSec=${restartSeconds(name)}
ExecStartPre=-/usr/bin/docker rm -f %p-%i
ExecStartPre=-/usr/bin/docker pull quay.io/opsee/${name}:${tier}
ExecStart=${variant.kind === 'broken' ? '/bin/false' : `/usr/bin/docker run --name %p-%i -p ${port}:${port} quay.io/opsee/${name}:${tier}`}
ExecStop=/usr/bin/docker stop -t 5 %p-%i
TimeoutStopSec=50

[X-Fleet]
Conflicts=${name}@*.service
`

/** One service comes back so soon after a crash that no list shows it down: only its health answer tells. */
const restartSeconds = (name: string): number => (name === 'hugs' ? 1 : 10)

const boundTo = (main: string): string =>
  `BindsTo=${instance(main)}\nAfter=${instance(main)}\n\n[X-Fleet]\nMachineOf=${instance(main)}\n`
const instance = (template: string): string => template.replace('@.', '@%i.')

export interface UnitFiles {
  readonly folder: string
  /** Every template and plain unit in it. */
  readonly names: readonly string[]
}

/** Writes the unit files of a tier into a new folder. Those of `variants` differ from what the team wrote. */
export function writeUnits(
  folder: string,
  services: readonly ShopService[],
  tier: string,
  variants: ReadonlyMap<string, Variant> = new Map(),
): UnitFiles {
  mkdirSync(folder, { recursive: true })
  const ports = new Map(services.map(({ name, port }) => [`${name}@.service`, port]))
  const names = new Set(services.flatMap(({ units, sidekicks }) => [...units, ...sidekicks].map(templateOf)))
  for (const name of names) {
    const main = name.replace('-elb@', '@')
    const variant = variants.get(name) ?? { kind: 'as-written' }
    const port = ports.get(name) ?? null
    const content =
      port === null
        ? plainFile(name, main === name ? '' : boundTo(main), variant)
        : releasedFile(name.replace('@.service', ''), port, tier, variant)
    writeFileSync(path.join(folder, name), content)
  }
  return { folder, names: [...names] }
}

const templateOf = (unit: string): string => unit.replace(/@\d+\./, '@.')
