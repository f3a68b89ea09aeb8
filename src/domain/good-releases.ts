import type { HistoryRow } from './history.ts'
import type { Release } from './release.ts'

/** What the history of a target says of its releases. Rows are its ended rollouts, newest first. */

type Row = Pick<HistoryRow, 'id' | 'phase' | 'release' | 'endedAt'>

export interface GoodRelease {
  readonly id: number
  readonly at: number
  readonly release: Release
}

/** An abort says nothing of its release, either way. */
const says = (row: Row): boolean => row.phase === 'succeeded' || isFailure(row)

const isFailure = ({ phase }: Row): boolean =>
  phase === 'failed' || phase === 'rolled-back' || phase === 'rollback-failed'

/** Releases whose last rollout succeeded, that rollout's newest first, each once. */
export function goodReleases(rows: readonly Row[]): readonly GoodRelease[] {
  const seen = new Set<string>()
  return rows.flatMap((row) => {
    const { release, id, endedAt } = row
    if (release === null || !says(row) || seen.has(release.digest)) return []
    seen.add(release.digest)
    return row.phase === 'succeeded' ? [{ id, at: endedAt, release }] : []
  })
}

export type Standing =
  /** It never came to an end there. */
  | { readonly kind: 'never' }
  | { readonly kind: 'failed'; readonly id: number }
  /** It succeeded, and nothing of it failed since. */
  | { readonly kind: 'good'; readonly id: number; readonly since: number }

/** Since when a release is well: a rollout of it that succeeded, with no failure of it since. */
export function standingOf(rows: readonly Row[], digest: string): Standing {
  let standing: Standing = { kind: 'never' }
  for (const row of rows) {
    if (row.release?.digest !== digest || !says(row)) continue
    if (isFailure(row)) return standing.kind === 'never' ? { kind: 'failed', id: row.id } : standing
    standing = { kind: 'good', id: row.id, since: row.endedAt }
  }
  return standing
}
