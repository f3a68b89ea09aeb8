import type { AuditList, AuditRow } from '../../authorization/audit-reader.ts'
import type { AuditRecord, Verified } from '../../authorization/chain.ts'
import { ago, code, count, personText, series, words } from '../../domain/wording.ts'

/** The audit log in words. */

/** One record on one line, with its number: `#12` of what was allowed, `#d7` of what was denied. */
export function auditLine({ chain, record, outcome, rollouts }: AuditRow, now: number): string {
  const number = code(`#${chain === 'denials' ? 'd' : ''}${record.seq}`)
  return `${number}  ${ago(record.at, now)}  ${factText(record.fact)}${outcomeText(outcome, rollouts)}`
}

function factText(fact: AuditRecord['fact']): string {
  switch (fact.kind) {
    case 'decision': {
      const mark = fact.decision === 'allowed' ? '✅' : '🚫'
      return `${mark} ${fact.decision}  ${personText(fact.actor)}  ${code(fact.command)} (${words(fact.source)})`
    }
    case 'turned-away':
      return `⏳ refused  ${personText(fact.actor)}  ${count(fact.count, 'command')}: too many at once`
    case 'disturbed':
      return `🚨 changed outside of Opsee: ${words(fact.why)}`
    case 'outcome':
      return `outcome of record ${fact.of}: ${words(fact.outcome)}`
    case 'pruned':
      return `records up to ${fact.through} were cut off`
  }
}

function outcomeText(outcome: string | null, rollouts: readonly number[]): string {
  if (outcome === null) return ''
  const which = rollouts.length === 0 ? '' : ` (rollout ${series(rollouts.map(String))})`
  return ` → ${words(outcome)}${which}`
}

/** Whether a chain is intact, in one line. */
export function chainVerdict(what: string, verified: Verified): string {
  if (verified.kind === 'broken') {
    return `🚨 ${what}: ${words(verified.why)} Compare with a backup of etcd.`
  }
  const { first, last } = verified
  if (last.seq < first) return `✅ ${what}: no record yet.`
  return `✅ ${what}: records ${first} to ${last.seq} are intact. The last hash is ${code(last.hash)}.`
}

export const unreadableText = (unreadable: AuditList['unreadable']): readonly string[] =>
  unreadable.map(({ chain, seq }) => `⚠️ Record ${seq} of ${chain} is unreadable: ${code('audit verify')} says more.`)
