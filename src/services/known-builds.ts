import type { Build } from '../domain/build.ts'
import type { ListedBuild } from './list-builds.ts'

/** One image of a service, as the registry lists it or as a hook told of it. */
export interface KnownBuild {
  /** Null: a hook alone told of it, and did not say. */
  readonly digest: string | null
  /** That name it now; where the registry was not asked, those under which it was pushed. */
  readonly tags: readonly string[]
  readonly revision: string | null
  /** Milliseconds since the epoch; null when its labels do not say. */
  readonly builtAt: number | null
  /** When a hook first told of it; null when none did. */
  readonly toldAt: number | null
  /** No tag that was looked at names it. */
  readonly untagged: boolean
}

/**
 * What the registry lists (null where it was not asked, or did not answer) and what hooks told of, as one list, newest first:
 * by when it was built, else by when a hook told of it. Pure.
 */
export function knownBuilds(listed: readonly ListedBuild[] | null, told: readonly Build[]): readonly KnownBuild[] {
  const tagged = new Set(listed?.flatMap(({ tags }) => tags))
  const fromRegistry = (listed ?? []).map(({ release, tags }): KnownBuild => {
    const { digest, revision, builtAt } = release
    const same = told.filter((build) => build.digest === digest)
    return {
      digest,
      tags,
      revision: revision ?? firstOf(same.map((build) => build.revision)),
      builtAt,
      toldAt: firstTold(same),
      untagged: false,
    }
  })
  const seen = new Set(fromRegistry.map(({ digest }) => digest))
  const groups = new Map<string, Build[]>()
  for (const build of told) {
    if (build.digest !== null && seen.has(build.digest)) continue
    // Of one without a digest nothing but its tags is known: the registry knows them better.
    if (build.digest === null && build.tags.some((tag) => tagged.has(tag))) continue
    const key = build.digest ?? `${build.id}`
    groups.set(key, [...(groups.get(key) ?? []), build])
  }
  const fromHooks = [...groups.values()].map((same): KnownBuild => ({
    digest: same[0]?.digest ?? null,
    tags: [...new Set(same.flatMap(({ tags }) => tags))].filter((tag) => !tagged.has(tag)),
    revision: firstOf(same.map((build) => build.revision)),
    builtAt: firstOf(same.map((build) => build.builtAt)),
    toldAt: firstTold(same),
    untagged: listed !== null,
  }))
  const when = ({ builtAt, toldAt }: KnownBuild): number => builtAt ?? toldAt ?? 0
  return [...fromRegistry, ...fromHooks].toSorted((a, b) => when(b) - when(a))
}

const firstOf = <T>(some: readonly (T | null)[]): T | null => some.find((one) => one !== null) ?? null

const firstTold = (builds: readonly Build[]): number | null =>
  builds.length === 0 ? null : Math.min(...builds.map(({ at }) => at))
