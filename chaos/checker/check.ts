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

/** Holds the evidence against the seven invariants of docs/reliability.md; of rollouts begun after this revision. */
export function check(evidence: Evidence, after = 0): Verdict {
  const all = storiesIn(evidence, 0)
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
    violations: violations.filter(({ rollout }) => rollout === null || fresh.has(rollout)),
  }
}

export const violationText = ({ invariant, rollout, message }: Violation): string =>
  `invariant ${invariant}: ${rollout === null ? '' : `rollout ${rollout} `}${message}`
