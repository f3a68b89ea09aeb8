import type { WhyTagMoves } from '../authorization/moving-tag.ts'
import type { Build } from '../domain/build.ts'
import type { HistoryRow } from '../domain/history.ts'
import { shortDigest } from '../domain/release.ts'
import { series } from '../domain/wording.ts'
import { StoreUnavailable, type StoreReader } from '../ports/store.ts'
import { readBuilds } from './builds.ts'
import type { Readers } from './capabilities.ts'

/** Ended rollouts of a service that are looked through. */
const lookedThrough = 200

/** Digests that a tag was seen to name, by builds that arrived and by rollouts that it was asked for, newest first. Pure. */
export function digestsOfTag(
  tag: string,
  builds: readonly Pick<Build, 'tags' | 'digest'>[],
  rows: readonly Pick<HistoryRow, 'release'>[],
): readonly string[] {
  const told = builds.flatMap(({ tags, digest }) => (digest !== null && tags.includes(tag) ? [digest] : []))
  const rolled = rows.flatMap(({ release }) => (release?.tag === tag ? [release.digest] : []))
  return [...new Set([...told, ...rolled])]
}

/**
 * Tags that the configuration lists, in any case, and tags for which Opsee has recorded different digests. While the store
 * is away the list alone counts: nothing is deployed then anyway.
 */
export function createWhyTagMoves(parts: {
  readonly listed: readonly string[]
  readonly store: StoreReader
  readonly rollouts: Pick<Readers['rollouts'], 'history'>
}): WhyTagMoves {
  const listed = new Set(parts.listed.map((tag) => tag.toLowerCase()))
  return async (service, tag) => {
    if (listed.has(tag.toLowerCase())) return 'it names whatever was pushed last'
    try {
      const [builds, history] = await Promise.all([
        readBuilds(parts.store, service),
        parts.rollouts.history({ service, tier: null, limit: lookedThrough, before: null }),
      ])
      const digests = digestsOfTag(tag, builds.records, history.rows)
      if (digests.length < 2) return null
      return `it has named ${series(digests.slice(0, 3).map(shortDigest))} by now`
    } catch (error) {
      if (error instanceof StoreUnavailable) return null
      throw error
    }
  }
}
