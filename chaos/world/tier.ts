import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { startFleet, type Fleet } from '../../demo/fleet/start.ts'
import type { ChaosRegistry } from './registry.ts'
import { servicesIn, tier as production, unitsOf, type ShopService } from './shop.ts'
import { writeUnits, type UnitFiles } from './unit-files.ts'

const run = promisify(execFile)

/** One tier: its fleet, and the units that should run there between rounds. */
export interface TierWorld {
  readonly tier: string
  readonly fleet: Fleet
  readonly units: readonly string[]
  readonly files: UnitFiles
  /** Runs fleetctl as a person would, in the folder of the unit files unless a different one is given. */
  readonly fleetctl: (words: readonly string[], cwd?: string) => Promise<void>
}

interface TierOptions {
  readonly tier: string
  /** An existing folder for all of it. The harness is known by it: its fleetctl runs with this HOME. */
  readonly dir: string
  /** Path of the stand-in fleetctl. */
  readonly fleetctl: string
  readonly services: readonly ShopService[]
  readonly aliases: Readonly<Record<string, string>>
  readonly registry: ChaosRegistry | null
  readonly timeScale: number
  /** Takes charge of a part as soon as it runs. */
  readonly keep: <T extends { readonly pid: number; stop(): Promise<void> }>(part: T) => T
}

/** One machine more than most services have instances: an instance that loses its machine finds room. */
const machinesIn = (tier: string): number => (tier === production ? 4 : 2)
const callMs = 60_000

/** Starts a fleet, submits the unit files and starts the units. Resolves before they run. */
export async function openTier({ tier, dir, registry, keep, timeScale, ...options }: TierOptions): Promise<TierWorld> {
  const docker = registry === null ? {} : { aliases: options.aliases, env: registry.envOf(tier) }
  const machines = machinesIn(tier)
  const fleet = keep(await startFleet({ dir: path.join(dir, `fleet-${tier}`), machines, timeScale, ...docker }))
  const services = servicesIn(options.services, tier)
  const files = writeUnits(path.join(dir, `units-${tier}`), services, tier)
  const units = unitsOf(services)
  const fleetctl = async (words: readonly string[], cwd = files.folder): Promise<void> => {
    const env = { PATH: process.env['PATH'], HOME: dir }
    const flags = [`--endpoint=${fleet.endpoints[0] ?? ''}`, ...words]
    await run(options.fleetctl, flags, { cwd, env, timeout: callMs })
  }
  await fleetctl(['submit', ...files.names])
  await fleetctl(['start', '--no-block', ...units])
  return { tier, fleet, units, files, fleetctl }
}
