import { readFileSync, writeFileSync } from 'node:fs'
import { grouped } from './checker/grouped.ts'
import type { RoundResult } from './round.ts'

/** One run of `npm run chaos`, for the report. */
export interface RunReport {
  /** The words behind `npm run chaos --`. */
  readonly words: string
  /** `2026-11-29`. */
  readonly date: string
  /** Of the checkout that was played; null where that is not known. */
  readonly commit: string | null
  /** The machine's load (of the last minute) at the start and at the end. */
  readonly load: readonly [start: number, end: number]
  readonly results: readonly Pick<
    RoundResult,
    'seed' | 'ms' | 'injected' | 'phases' | 'renewals' | 'takeovers' | 'wrong'
  >[]
  /** Rounds that the machine was too slow to play to their end. */
  readonly unplayed: number
}

const begins = '<!-- `npm run chaos -- --out docs/reliability.md` writes from here on: it adds a row for each run. -->'
const runsHead = ['| run | commit | load | rounds | rollouts | lost |', '| --- | --- | --- | --- | --- | --- |']

/** Adds a run to the report at the end of a page. Throws where the page has no place for it. */
export function writeReport(file: string, run: RunReport): void {
  const page = readFileSync(file, 'utf8')
  const at = page.indexOf(begins)
  if (at === -1) throw new Error(`${file} has no place for a report: it must hold this line\n\n${begins}`)
  writeFileSync(file, `${page.slice(0, at)}${begins}\n\n${reportText(page.slice(at), run)}`)
}

function reportText(before: string, run: RunReport): string {
  const lines = before.split('\n')
  const runs = lines.filter((line) => line.startsWith('| `')).map(cells)
  const counts = new Map(lines.flatMap(faultIn))
  for (const { what } of run.results.flatMap(({ injected }) => injected)) counts.set(what, (counts.get(what) ?? 0) + 1)
  const faults = [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b))
  return [
    ...runsHead,
    ...[...runs, runCells(run)].map(rowText),
    '',
    '| fault | times played |',
    '| --- | ---: |',
    ...faults.map(([what, times]) => rowText([what, String(times)])),
    '',
  ].join('\n')
}

const cells = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
const rowText = (row: readonly string[]): string => `| ${row.join(' | ')} |`

function faultIn(line: string): readonly (readonly [what: string, times: number])[] {
  const [what = '', times = '', ...more] = line.startsWith('| ') ? cells(line) : []
  return more.length === 0 && /^\d+$/.test(times) ? [[what, Number(times)]] : []
}

function runCells({ words, date, commit, load, results, unplayed }: RunReport): readonly string[] {
  const minutes = Math.round(results.reduce((sum, { ms }) => sum + ms, 0) / 60_000)
  const phases = results.flatMap((one) => one.phases)
  const ended = [...grouped(phases, (phase) => phase)].sort(([, a], [, b]) => b.length - a.length)
  const takeovers = results.reduce((sum, one) => sum + one.takeovers, 0)
  const renewals = results.reduce((sum, one) => sum + one.renewals, 0)
  const broken = results.filter(({ wrong }) => wrong.length > 0)
  const left = unplayed === 0 ? '' : `, and ${unplayed} that the machine was too slow to play`
  return [
    `\`${words}\`, ${date}`,
    commit ?? 'unknown',
    load.map((one) => one.toFixed(0)).join(' to '),
    `${results.length} in ${minutes} min${left}`,
    `${phases.length}: ${ended.map(([phase, all]) => `${all.length} ${phase}`).join(', ')}; ${renewals} with a different release than before, ${takeovers} takeovers`,
    broken.length === 0 ? 'nothing' : broken.map(lostText).join('; '),
  ]
}

/** A pipe would end the cell. */
const lostText = ({ seed, wrong }: { readonly seed: number; readonly wrong: readonly string[] }): string =>
  `seed ${seed}: ${wrong.join(' · ')}`.replaceAll('|', '/')
