import { stripVTControlCharacters } from 'node:util'
import type { Fact } from '../domain/event.ts'
import type { SchedulerReader } from '../ports/scheduler.ts'
import type { Decision } from './draft.ts'
import { unseen } from './output-tail.ts'

const mostLines = 15
/** Characters of one line. */
const longestLine = 300

/** A failure shows the last journal lines of the instance that failed first, or why they cannot be had. */
export async function withJournal(
  decision: Decision,
  parts: {
    readonly scheduler: SchedulerReader
    /** Takes what must not be shown out of a text. */
    readonly redact: (text: string) => string
  },
): Promise<readonly Fact[]> {
  const { ending } = decision.rollout
  if (!decision.facts.some(tellsFailure) || ending?.kind !== 'failed' || ending.unit === null) return decision.facts
  // fleet has no such unit on any machine, so nobody could read its journal.
  const failed = decision.rollout.instances.find(({ unit }) => unit === ending.unit)
  if (failed?.lost === 'destroyed' || failed?.lost === 'unloaded') return decision.facts
  if (failed?.seen.at(-1)?.on === null) return decision.facts
  const reading = await parts.scheduler.journal(ending.unit, mostLines)
  const journal = reading.kind === 'lines' ? safeLines(reading.lines, parts.redact) : []
  const noJournal = reading.kind === 'none' ? (safeLines([reading.reason], parts.redact)[0] ?? null) : null
  return decision.facts.map((fact) => (tellsFailure(fact) ? { ...fact, journal, noJournal } : fact))
}

/** Masks the lines as one text, because a private key spans several of them. */
const safeLines = (lines: readonly string[], redact: (text: string) => string): string[] =>
  redact(lines.map((line) => stripVTControlCharacters(line).replace(unseen, '')).join('\n'))
    .split('\n')
    .map((line) => line.slice(0, longestLine))

/** What is told of a failure with the journal: its end, or that it is taken back now. */
const tellsFailure = (fact: Fact): fact is Extract<Fact, { kind: 'ended' | 'rollback-due' }> =>
  fact.kind === 'ended' || fact.kind === 'rollback-due'
