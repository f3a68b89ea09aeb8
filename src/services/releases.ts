import type { Config } from '../config/schema.ts'
import type { Build } from '../domain/build.ts'
import { digestSchema, releaseText, type Proof, type Release, type WantedAt } from '../domain/release.ts'
import type { Target } from '../domain/target.ts'
import type { Listed, Unreadable } from '../domain/unreadable.ts'
import { RegistryFault, type RegistryReader } from '../ports/registry.ts'
import type { AnnouncedRelease, WantedNow, WantedReleases } from '../ports/wanted-release.ts'
import { knownBuilds, type KnownBuild } from './known-builds.ts'
import { listBuilds, type ListedBuild } from './list-builds.ts'
import { resolveReference, type Resolved } from './resolve-reference.ts'

export interface ReleaseParts {
  readonly config: Pick<Config, 'services' | 'tiers'>
  /** Null where the configuration names none. */
  readonly registry: RegistryReader | null
  readonly wanted: WantedReleases
  /** The builds of a service that hooks told of, newest first. Throws `StoreUnavailable`. */
  readonly told: (service: string) => Promise<Listed<Build>>
}

/** What is known of releases: which one a target should run, and what a tag, a commit or a digest stands for. */
export interface Releases {
  /** Where the target's units look up what to pull; null where nothing is known of its releases. */
  at(target: Target): WantedAt | null
  /** Why nothing is known, and what would change that; for a service whose `at` is null. */
  whyNot(service: string): string
  proof(target: Target): Proof
  /** What the target should run; `next` says that this will be described at once. Never rejects. */
  wanted(target: Target, next?: 'describe'): Promise<WantedNow>
  /** What an instance wrote to its key about the release that it runs. Never rejects. */
  announced(key: string): Promise<AnnouncedRelease>
  /** With what its labels say, where a registry can be asked. Throws `RegistryFault`. */
  describe(service: string, digest: string, tag: string | null): Promise<Release>
  /** The newest builds of a service, at most `limit`: from the tags of its image, and what hooks told of. Throws `StoreUnavailable`. */
  builds(service: string, limit: number): Promise<Builds>
  /** Of a tag, a commit or a digest as a person typed it. Never rejects. */
  resolve(service: string, reference: string): Promise<Resolved>
}

type Builds =
  | {
      readonly kind: 'builds'
      readonly builds: readonly KnownBuild[]
      /** How many tags were not looked at. */
      readonly left: number
      /** Why there is nothing of the registry among them; null when there is. */
      readonly without: string | null
      /** Records of builds that cannot be read. */
      readonly unreadable: readonly Unreadable[]
    }
  /** Nothing is known of images. */
  | { readonly kind: 'none'; readonly message: string }
  /** `permanent`: it will answer the same again. */
  | { readonly kind: 'unavailable'; readonly message: string; readonly permanent?: boolean }

/** What a digest is, in words for people; null where nobody can say. Never rejects. */
export const createDigestWords =
  (registry: RegistryReader | null) =>
  async (image: string, digest: string): Promise<string | null> => {
    try {
      return registry === null ? null : releaseText({ digest, tag: null, ...(await registry.labels(image, digest)) })
    } catch (error) {
      if (error instanceof RegistryFault) return null
      throw error
    }
  }

export function createReleases({ config, registry, wanted, told }: ReleaseParts): Releases {
  const imageOf = (service: string): string | null => config.services[service]?.image ?? null
  const byKey = (service: string): boolean => config.services[service]?.release === 'key'

  const releases: Releases = {
    at({ service, tier }) {
      const image = imageOf(service)
      const entry = config.services[service]
      if (image === null || entry === undefined) return null
      if (byKey(service)) {
        const key = entry.releaseKey.replaceAll('{tier}', tier).replaceAll('{service}', service)
        return { by: 'key', image, key }
      }
      return registry === null ? null : { by: 'tag', image, tag: config.tiers[tier]?.tag ?? tier }
    },

    whyNot: (service) =>
      imageOf(service) === null
        ? `nothing is known of the images of ${service}: the configuration names none (\`services.${service}.image\`)`
        : `there is no registry in the configuration (\`registry\`), so nothing is known of the images of ${service}`,

    proof({ service, tier }) {
      const verify = config.services[service]?.verify ?? { by: 'none' }
      if (verify.by !== 'key') return verify
      return { by: 'key', key: verify.key.replaceAll('{tier}', tier).replaceAll('{service}', service) }
    },

    async wanted(target, next) {
      const at = releases.at(target)
      if (at === null) return { kind: 'unknown', reason: releases.whyNot(target.service) }
      return wanted.read(at, undefined, next === undefined ? undefined : 'labels')
    },

    announced: (key) => wanted.announced(key),

    async describe(service, digest, tag) {
      const image = imageOf(service)
      const nothing = { revision: null, version: null, source: null, builtAt: null }
      const labels = registry === null || image === null ? nothing : await registry.labels(image, digest)
      return { digest, tag, ...labels }
    },

    async builds(service, limit) {
      const image = imageOf(service)
      if (image === null) return { kind: 'none', message: releases.whyNot(service) }
      const [listed, recorded] = await Promise.all([listedOf(registry, image), told(service)])
      const { unreadable } = recorded
      const builds = knownBuilds(listed.builds, recorded.records).slice(0, limit)
      if (listed.builds !== null || builds.length + unreadable.length > 0) {
        return { kind: 'builds', builds, left: listed.left, without: listed.why, unreadable }
      }
      if (registry !== null) return { kind: 'unavailable', message: listed.why, permanent: listed.permanent === true }
      return { kind: 'none', message: `${listed.why}, and no hook told of a build of ${service}` }
    },

    async resolve(service, reference) {
      const image = imageOf(service)
      if (image === null) return { kind: 'none', message: releases.whyNot(service) }
      try {
        if (registry !== null) return await resolveReference(registry, image, reference)
      } catch (error) {
        if (error instanceof RegistryFault)
          return { kind: 'unavailable', message: error.message, permanent: error.kind !== 'away' }
        throw error
      }
      if (!digestSchema.safeParse(reference).success || !byKey(service)) {
        return { kind: 'none', message: releases.whyNot(service) }
      }
      return { kind: 'release', release: await releases.describe(service, reference, null) }
    },
  }
  return releases
}

type FromRegistry =
  | { readonly builds: readonly ListedBuild[]; readonly left: number; readonly why: null }
  | { readonly builds: null; readonly left: 0; readonly why: string; readonly permanent?: boolean }

/** All that the registry lists of an image, or why it does not. */
async function listedOf(registry: RegistryReader | null, image: string): Promise<FromRegistry> {
  if (registry === null) {
    return { builds: null, left: 0, why: 'there is no registry in the configuration (`registry`)' }
  }
  try {
    return { ...(await listBuilds(registry, image)), why: null }
  } catch (error) {
    if (error instanceof RegistryFault)
      return { builds: null, left: 0, why: error.message, permanent: error.kind !== 'away' }
    throw error
  }
}
