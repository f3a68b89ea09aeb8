import type { HistoryRow } from './history.ts'
import { ago } from './wording.ts'

/** The last rollout of a target that ended, however it ended. */
export type LastAttempt = Pick<HistoryRow, 'id' | 'kind' | 'phase' | 'endedAt'>

const verdicts: Readonly<Partial<Record<HistoryRow['phase'], string>>> = {
  failed: 'failed',
  aborted: 'was aborted',
  'rolled-back': 'failed and was rolled back',
  'rollback-failed': 'failed, and its rollback failed too',
}

/** `last deploy failed 3m ago (rollout 19)`; null when the last rollout succeeded, and when there was none. */
export function lastFailureText(last: LastAttempt | null, now: number): string | null {
  const verdict = last === null ? undefined : verdicts[last.phase]
  if (last === null || verdict === undefined) return null
  const what = last.kind === 'promote' ? 'promotion' : last.kind
  return `last ${what} ${verdict} ${ago(last.endedAt, now)} (rollout ${last.id})`
}
