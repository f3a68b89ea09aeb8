import { durationText } from './duration.ts'
import type { Fact } from './event.ts'
import type { Plan } from './plan.ts'
import type { Output, PreparationFault } from './preparation.ts'
import type { Rollout } from './rollout.ts'
import { clockText, escape, words } from './wording.ts'

/** What is said of preparations. */

/** Characters of a command in a text: a script may stand in it. */
const longestCommand = 100

/** As it could be typed, in monospace, on one line. Not escaped. */
export function commandText(command: readonly string[]): string {
  const text = command.map(asTyped).join(' ').replace(/\s+/g, ' ').replaceAll('`', "'")
  return `\`${text.length <= longestCommand ? text : `${text.slice(0, longestCommand - 1)}…`}\``
}

const asTyped = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** What a plan says of its preparation; nothing where there is none. Escaped. */
export function preparationPlanLines({ preparation }: Pick<Plan, 'preparation'>): readonly string[] {
  if (preparation === null) return []
  const command = words(commandText(preparation.command))
  const { doneBy, timeoutMs } = preparation
  return doneBy === null
    ? [`First it runs ${command} (up to ${durationText(timeoutMs)}); should that fail, nothing is changed.`]
    : [`Its preparation ${command} was done by rollout ${doneBy}, and is not run again.`]
}

/** Why it failed, as a clause. Not escaped. */
export function faultText(command: readonly string[], fault: PreparationFault, tookMs: number | null): string {
  const name = commandText(command)
  const after = tookMs === null ? '' : ` after ${durationText(tookMs)}`
  switch (fault.kind) {
    case 'exit':
      return `${name} exited with code ${fault.code}${after}`
    case 'signal':
      return `${name} was ended by ${fault.signal}${after}`
    case 'timeout':
      return `${name} was not done in time and was ended${after}${stillRuns(fault)}`
    case 'ended':
      return `${name} was ended${after}, before it was done${fault.by === 'stop' ? ', as the bot was told to end' : ''}${stillRuns(fault)}`
    case 'not-run':
      return `${name} was not run: ${fault.reason}`
    case 'unknown':
      return `the bot was ended while ${name} ran: whether it did its work is not known, and it may run on until ${clockText(fault.until)}${fault.driver === null ? '' : ` on ${fault.driver}`}`
  }
}

const stillRuns = ({ dead }: { readonly dead: boolean }): string =>
  dead ? '' : ', but could not be killed: it may still run'

export type PreparationFact = Extract<Fact, { kind: 'preparation-began' | 'preparation-done' | 'preparation-failed' }>

export const isPreparationFact = (fact: Fact): fact is PreparationFact => fact.kind.startsWith('preparation-')

/** One sentence. Escaped. */
export function preparationFactText(fact: PreparationFact, { id }: Pick<Rollout, 'id'>): string {
  switch (fact.kind) {
    case 'preparation-began':
      return `Preparation: ${words(commandText(fact.command))} begins, for ${durationText(fact.timeoutMs)} at the most.`
    case 'preparation-done':
      return `Preparation: ${words(commandText(fact.command))} is done after ${durationText(fact.tookMs)}.`
    case 'preparation-failed': {
      const look = fact.fault.kind === 'unknown' ? ` Look, then \`@opsee retry ${id}\` runs it again.` : ''
      return `Preparation: ${words(faultText(fact.command, fact.fault, fact.tookMs))}. Neither the release nor any instance was changed.${look}`
    }
  }
}

/** What it wrote, as it stands in a thread: a heading and a block in monospace. Escaped. */
export function outputLines({ lines, cut }: Output): readonly string[] {
  if (lines.length === 0) return []
  const heading = cut
    ? `The last ${lines.length === 1 ? 'line' : `${lines.length} lines`} of its output:`
    : 'Its output:'
  return [heading, '```', ...lines.map((line) => escape(line).replaceAll('```', "'''")), '```']
}
