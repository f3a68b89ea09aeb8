import { withinBatch } from './batch.ts'
import { endedOnce } from './endings.ts'
import type { Evidence, Violation } from './evidence.ts'
import { oneDriver } from './one-driver.ts'
import { recordedFirst } from './recorded-first.ts'
import { notOvertaken } from './refusals.ts'
import { releasesAgree } from './releases.ts'
import { storiesIn, type Story } from './story.ts'
import { toldAsStored } from './thread.ts'

export interface Verdict {
  readonly stories: readonly Story[]
  readonly violations: readonly Violation[]
}

/**
 * Compares the evidence with the seven invariants of docs/reliability.md. It reports the rollouts that began after this
 * revision, and what happened outside of rollouts since then.
 */
export function check(evidence: Evidence, after = 0): Verdict {
  const all = storiesIn(evidence, 0)
  const since = evidence.changes.findLast(({ revision }) => revision <= after)?.by ?? 0
  const fresh = new Set(storiesIn(evidence, after).map(({ id }) => id))
  const violations = [
    ...oneDriver(evidence, all),
    ...withinBatch(evidence, all),
    ...endedOnce(evidence, all),
    ...recordedFirst(evidence, all),
    ...notOvertaken(evidence, all),
    ...toldAsStored(evidence, all),
    ...releasesAgree(evidence, all),
  ]
  return {
    stories: all.filter(({ id }) => fresh.has(id)),
    violations: violations.filter(({ rollout, at = Infinity }) => (rollout === null ? at > since : fresh.has(rollout))),
  }
}

export const violationText = ({ invariant, rollout, message }: Violation): string =>
  `invariant ${invariant}: ${rollout === null ? '' : `rollout ${rollout} `}${message}`
