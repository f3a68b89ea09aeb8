import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { pushImage, type Image } from '../registry/push-image.ts'
import { startFleet, type Fleet } from '../fleet/start.ts'
import { buildsOf, type Build } from './builds.ts'
import { allUnits, globalUnits, services, templates, type TierName } from './fleet-units.ts'
import { fillRegistry, repositoryOf } from './registry.ts'

const run = promisify(execFile)
const patienceMs = 180_000

export interface ShopOptions {
  /** The project's folder. */
  readonly root: string
  /** An existing folder for all that the shop writes; it stays. */
  readonly dir: string
  /** The etcd that registrator writes to, `http://127.0.0.1:…`. */
  readonly etcd: string
  /** The registry that its machines pull from, `http://127.0.0.1:…`. */
  readonly registry: string
  /** Path of the stand-in fleetctl. */
  readonly fleetctl: string
  /** Of fleet's lags; 1 is as measured. */
  readonly timeScale: number
  readonly tiers?: readonly TierName[]
  /** Called with each fleet as soon as it runs. */
  readonly started?: (tier: TierName, fleet: Fleet) => void
}

export interface Shop {
  /** What its machines call SHOP_HOME: the images and the containers are here. */
  readonly home: string
  readonly fleets: ReadonlyMap<TierName, Fleet>
  /** A new image under the service's tag of this tier: the next start of an instance runs it. Its digest. */
  push(service: string, tier: TierName, image: Image): Promise<string>
  /** What was built of a service, the oldest first. */
  builds(service: string): readonly Build[]
  stop(): Promise<void>
}

/** Starts the shop's fleets and everything on them. Resolves when all of it runs; rejects after 180 s, and stops it. */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const tiers = options.tiers ?? ['staging', 'production']
  const home = path.join(options.dir, 'shop')
  mkdirSync(home, { recursive: true })
  await fillRegistry(options.registry, tiers)
  const fleets = new Map<TierName, Fleet>()
  const stop = async (): Promise<void> => {
    await Promise.all([...fleets.values()].map((fleet) => fleet.stop()))
  }
  try {
    for (const tier of tiers) {
      const fleet = await startFleet(fleetOptions(options, home, tier))
      fleets.set(tier, fleet)
      options.started?.(tier, fleet)
    }
    await Promise.all([...fleets].map(([tier, fleet]) => fill(options, tier, fleet)))
  } catch (error) {
    await stop()
    throw error
  }
  const push: Shop['push'] = (service, tier, image) => pushImage(options.registry, repositoryOf(service), tier, image)
  const builds: Shop['builds'] = (name) => services.filter((one) => one.name === name).flatMap(buildsOf)
  return { home, fleets, push, builds, stop }
}

function fleetOptions(options: ShopOptions, home: string, tier: TierName): Parameters<typeof startFleet>[0] {
  return {
    dir: path.join(options.dir, `fleet-${tier}`),
    machines: 3,
    metadata: [1, 2, 3].map((number) => ({ host: `f${number}`, tier })),
    timeScale: options.timeScale,
    // Not scaled: on a busy machine a shorter life would make fleet lose machines that are well.
    timing: { ttlMs: Math.round(15_000 / options.timeScale) },
    aliases: { '/usr/bin/docker': path.join(options.root, 'demo', 'shop', 'docker') },
    env: {
      TIER: tier,
      SHOP_HOME: home,
      SHOP_REGISTRY: options.registry,
      SHOP_NODE: process.execPath,
      SHOP_CODE: path.join(options.root, 'dist', 'demo', 'shop'),
      SHOP_ETCD: `${options.etcd}/opsee.co/services/`,
    },
  }
}

/** Starts every unit of a tier as a person would, from the folder of the unit files, and waits until all run. */
async function fill(options: ShopOptions, tier: TierName, fleet: Fleet): Promise<void> {
  const units = allUnits(tier)
  const cwd = path.join(options.root, 'demo', 'shop', 'units')
  const fleetctl = (...words: readonly string[]) =>
    run(options.fleetctl, [`--endpoint=${fleet.endpoints[0] ?? ''}`, ...words], {
      cwd,
      env: { PATH: process.env['PATH'] },
      timeout: patienceMs,
    })
  await fleetctl('submit', ...templates)
  await fleetctl('start', '--no-block', ...units)
  const until = performance.now() + patienceMs
  for (let missing = units; ; await sleep(200)) {
    missing = await notRunning(units, fleet)
    if (missing.length === 0) return
    if (performance.now() > until) {
      throw new Error(`${tier}: ${missing.join(', ')} did not run within ${patienceMs / 1000} s. See ${fleet.log}`)
    }
  }
}

async function notRunning(units: readonly string[], fleet: Fleet): Promise<string[]> {
  const running = (await fleet.instances()).filter(({ sub }) => sub === 'running')
  const globals: readonly string[] = globalUnits
  return units.filter((unit) => {
    const wanted = globals.includes(unit) ? fleet.machines.length : 1
    return running.filter((instance) => instance.unit === unit).length < wanted
  })
}
