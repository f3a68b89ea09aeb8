import { createEtcdStore } from '../src/adapters/etcd/store.ts'
import { createFleetScheduler } from '../src/adapters/fleet/fleet-scheduler.ts'
import { createRegistry } from '../src/adapters/registry/registry.ts'
import { systemClock as clock } from '../src/adapters/system/clock.ts'
import { fleetOptionsOf, registryOptionsOf } from '../src/config/adapter-options.ts'
import type { Config } from '../src/config/schema.ts'
import { createCatalog } from '../src/domain/catalog.ts'
import type { Target } from '../src/domain/target.ts'
import { createPlanner } from '../src/rollout/planner.ts'
import type { Readers } from '../src/services/capabilities.ts'
import { createDriftReader } from '../src/services/drift-memories.ts'
import { createHoldReaders } from '../src/services/hold-readers.ts'
import { knowReleases } from '../src/services/know-releases.ts'
import { createRolloutReader } from '../src/services/rollout-reader.ts'
import { prefix } from './shop.ts'

/** As patient as the bot. */
const observeMs = 20_000

/** What plans in the bot, in this process. */
export interface PlanningBot extends Pick<Readers, 'releases' | 'planner'> {
  close(): Promise<void>
}

export interface Planners {
  readonly targets: readonly Target[]
  /** Knows nothing of the registry yet and has no connection to it; all share etcd and what looks at the fleets. */
  newBot(): PlanningBot
  /** One look at every fleet, side by side. */
  lookAtFleets(): Promise<void>
  close(): Promise<void>
}

/** The bot's own planner with its adapters, put together as the bot does. */
export function openPlanners(config: Config): Planners {
  const catalog = createCatalog(config)
  const targets = catalog.services.flatMap((service) => catalog.tiersOf(service).map((tier) => ({ service, tier })))
  const store = createEtcdStore({ endpoints: config.etcd.endpoints, prefix, timeoutMs: 15_000, clock })
  const fleets = new Map(
    Object.entries(config.tiers).map(([name, tier]) => [
      name,
      createFleetScheduler(fleetOptionsOf(config, tier, process.env), clock),
    ]),
  )
  const options = registryOptionsOf(config, { registryPasswords: new Map() }, { logins: new Map(), helpers: new Map() })
  if (options === null) throw new Error('there is no registry in the configuration')
  const schedulerOf = (tier: string) => {
    const fleet = fleets.get(tier)
    if (fleet === undefined) throw new Error(`there is no fleet of ${tier}`)
    return fleet
  }
  return {
    targets,
    newBot() {
      const registry = createRegistry(options, clock)
      const { releases } = knowReleases({ config, registry, store, builds: store, clock })
      const planner = createPlanner({
        config,
        catalog,
        clock,
        schedulerOf,
        // No service here has a gate.
        probe: { check: () => Promise.resolve({ kind: 'unhealthy', reason: 'nobody asks' }) },
        announcedPort: () => Promise.resolve({ kind: 'not-announced' }),
        rollouts: createRolloutReader(store, targets),
        drift: createDriftReader(store),
        ...createHoldReaders(store, clock),
        releases,
        observeMs,
      })
      return { releases, planner, close: () => registry.close() }
    },
    async lookAtFleets() {
      for (const view of await Promise.all([...fleets.values()].map((fleet) => fleet.observe(observeMs)))) {
        if (view.kind === 'unknown') throw new Error(view.reason)
      }
    },
    async close() {
      await Promise.all([...fleets.values(), store].map((one) => one.close()))
    },
  }
}
