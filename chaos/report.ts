import { readFileSync, writeFileSync } from 'node:fs'
import { grouped } from './checker/grouped.ts'
import type { RoundResult } from './round.ts'

const begins = '<!-- What follows is written by `npm run chaos -- --out docs/reliability.md`. -->'

/** Writes what a run injected and what was lost at the end of a page, in place of what an earlier run wrote there. */
export function writeReport(file: string, command: string, results: readonly RoundResult[]): void {
  const page = readFileSync(file, 'utf8')
  const at = page.indexOf(begins)
  if (at === -1) throw new Error(`${file} has no place for a report: it must hold this line\n\n${begins}`)
  writeFileSync(file, `${page.slice(0, at)}${begins}\n\n${reportText(command, results)}`)
}

function reportText(command: string, results: readonly RoundResult[]): string {
  const phases = counts(results.flatMap((one) => one.phases))
  const wrong = results.filter((one) => one.wrong.length > 0)
  const minutes = Math.round(results.reduce((sum, one) => sum + one.ms, 0) / 60_000)
  const takeovers = results.reduce((sum, one) => sum + one.takeovers, 0)
  const renewals = results.reduce((sum, one) => sum + one.renewals, 0)
  const rollouts = results.reduce((sum, one) => sum + one.phases.length, 0)
  const faults = counts(results.flatMap((one) => one.injected.map(({ what }) => what)))
  const width = Math.max(...faults.map(([what]) => what.length), 'what went wrong on purpose'.length)
  const row = (what: string, times: string): string => `| ${what.padEnd(width)} | ${times.padStart(5)} |`
  return [
    `\`${command}\`, ${new Date().toISOString().slice(0, 10)}: ${results.length} rounds in ${minutes} minutes, ${rollouts} rollouts (${phases.map(([phase, times]) => `${times} ${phase}`).join(', ')}), ${renewals} of them with another release than the one before, taken up again by a process ${takeovers} times.`,
    '',
    wrong.length === 0
      ? 'Lost: nothing. No invariant was broken in any round.'
      : wrong.flatMap(({ seed, wrong }) => wrong.map((message) => `- seed ${seed}: ${message}`)).join('\n'),
    '',
    row('what went wrong on purpose', 'times'),
    `| ${'-'.repeat(width)} | ${'-'.repeat(4)}: |`,
    ...faults.map(([what, times]) => row(what, String(times))),
    '',
  ].join('\n')
}

/** How often each came, the most frequent first. */
const counts = (all: readonly string[]): readonly (readonly [string, number])[] =>
  [...grouped(all, (one) => one)].map(([one, times]) => [one, times.length] as const).sort((a, b) => b[1] - a[1])
