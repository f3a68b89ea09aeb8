import type { DriftNews } from '../domain/drift-memory.ts'
import type { Target } from '../domain/target.ts'
import { code, words } from '../domain/wording.ts'

/** Findings in one line; the command shows all of them. */
const mostShown = 4

/** The one line where the team follows. */
export function driftText({ service, tier }: Target, news: DriftNews): string {
  const where = `${code(service)} in ${tier}`
  switch (news.kind) {
    case 'as-left':
      return `${where} is as it was left again.`
    case 'parted': {
      const shown = news.findings.slice(0, mostShown).map(words)
      const left = news.findings.length - shown.length
      const all = [...shown, ...(left === 0 ? [] : [`and ${left} more`])].join('; ')
      return `${where} has parted from what was rolled out: ${all} · ${code(`/opsee drift ${tier}`)} shows it all`
    }
  }
}
