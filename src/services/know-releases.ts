import type { Config } from '../config/schema.ts'
import type { Clock } from '../ports/clock.ts'
import type { RegistryReader, RegistryWriter } from '../ports/registry.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { readBuilds } from './builds.ts'
import { createDigestWords, createReleases } from './releases.ts'
import { createWantedReleases } from './wanted-releases.ts'

/** One move of the wanted release must end while the lease is surely held, as a call of fleet must. */
const shareOfLease = 0.4

/** All that is known of releases: for commands and plans, and for rollouts under way. */
export function knowReleases(parts: {
  readonly config: Pick<Config, 'services' | 'tiers' | 'engine'>
  readonly registry: (RegistryReader & RegistryWriter) | null
  /** Absolute keys. */
  readonly store: StoreReader & StoreWriter
  /** Where the builds lie that hooks told of. */
  readonly builds: StoreReader
  readonly clock: Clock
}) {
  const { config, registry } = parts
  const wanted = createWantedReleases({ ...parts, limitMs: shareOfLease * config.engine.leaseTtl })
  return {
    releases: createReleases({ config, registry, wanted, told: (service) => readBuilds(parts.builds, service) }),
    watched: { wanted, aboutDigest: createDigestWords(registry) },
  }
}
