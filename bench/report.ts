import { typed, type AckResult } from './ack.ts'
import type { BenchOptions } from './options.ts'
import type { CrowdResult } from './crowd.ts'
import type { RecordsResult } from './records.ts'
import type { PlansResult } from './plans.ts'
import type { PromoteResult } from './promote.ts'
import { pauseSeconds, type RollResult } from './roll.ts'
import { crowdText } from './sections/crowd.ts'
import { plansText } from './sections/plans.ts'
import { promoteText } from './sections/promote.ts'
import { recordsText } from './sections/records.ts'
import { takeoverText } from './sections/takeover.ts'
import { writesText } from './sections/writes.ts'
import type { Stats } from './stats.ts'
import type { TakeoverResult } from './takeover.ts'
import { met, table, times } from './text.ts'
import type { WritesResult } from './writes.ts'

export interface BenchResults {
  /** `2026-11-24`. */
  readonly date: string
  readonly machine: string
  readonly versions: string
  /** Load before and after. */
  readonly load: readonly [string, string]
  /** How long all of it took. */
  readonly minutes: number
  readonly ack: AckResult | null
  readonly rolls: readonly RollResult[] | null
  readonly memory: { readonly idle: Stats; readonly live: Stats } | null
  readonly takeover: readonly TakeoverResult[] | null
  readonly crowd: CrowdResult | null
  readonly records: RecordsResult | null
  readonly writes: readonly WritesResult[] | null
  readonly plans: PlansResult | null
  readonly promote: PromoteResult | null
}

/** The page of results, as Markdown. */
export function reportText(results: BenchResults, options: BenchOptions): string {
  const { ack, rolls, memory, takeover, crowd, records, writes, plans, promote } = results
  return [
    '# Benchmarks',
    'Written by `npm run bench`, which measures both sides in one run, in turn, on the same machine. Absolute times are ' +
      'those of a noisy, shared machine, with all parts (etcd, Slack, fleet, both bots, the measuring) on it; what counts is the ratio.',
    ...(options.quick ? ['**A quick run (`--quick`): it shows that the bench works. Its numbers say little.**'] : []),
    [
      `- ${results.date}; ${results.versions}`,
      `- ${results.machine}; load ${results.load[0]} before and ${results.load[1]} after; ${results.minutes.toFixed(0)} minutes in all`,
      '- Percentiles are values that were measured (nearest rank): of fewer than 100 the p99 is the slowest.',
    ].join('\n'),
    ...(ack === null ? [] : ackText(ack, options)),
    ...(rolls === null ? [] : rollText(rolls, options)),
    ...(memory === null ? [] : memoryText(memory, options)),
    ...(takeover === null ? [] : takeoverText(takeover, options)),
    ...(crowd === null ? [] : crowdText(crowd, options)),
    ...(records === null ? [] : recordsText(records, options)),
    ...(writes === null ? [] : writesText(writes)),
    ...(plans === null ? [] : plansText(plans, options)),
    ...(promote === null ? [] : promoteText(promote, options)),
    '',
  ].join('\n\n')
}

function ackText({ bot, bare }: AckResult, { ack }: BenchOptions): string[] {
  const row = (name: string, stats: Stats): string[] => [
    name,
    String(stats.n),
    ...[stats.median, stats.p99, stats.max].map((ms) => `${ms.toFixed(1)} ms`),
  ]
  return [
    '## From a command to its acknowledgement',
    `${ack.perSecond} commands a second through local-slack in Socket Mode, in ${ack.rounds} rounds of ${ack.seconds} s each, from the request to type the ` +
      'command until its answer, which local-slack gives when the bot acknowledged. The bare bot is a Bolt handler that only acks, over ' +
      'one connection. Opsee has two connections, and local-slack sends each command to both; it also carries the command out ' +
      `(in turn ${typed.map((one) => `\`${one}\``).join(', ')}) and answers.`,
    table(['', 'commands', 'median', 'p99', 'slowest'], [row('bare Bolt', bare), row('Opsee', bot)]),
    `p99 ${times(bot.p99, bare.p99)} of bare Bolt (goal: 2×, ${met(bot.p99 <= 2 * bare.p99)}); under 100 ms: ${met(bot.p99 < 100)}.`,
  ]
}

function rollText(rolls: readonly RollResult[], { timeScale, settleMs }: BenchOptions): string[] {
  const rows = rolls.map(({ instances, atOnce, bot, byHand }) => [
    `${instances}, ${atOnce === 1 ? 'one at a time' : `${atOnce} at a time`}`,
    String(bot.n),
    `${byHand.median.toFixed(1)} s / ${byHand.p99.toFixed(1)} s`,
    `${bot.median.toFixed(1)} s / ${bot.p99.toFixed(1)} s`,
    times(bot.median, byHand.median),
    met(bot.median <= 1.1 * byHand.median),
  ])
  return [
    '## Rolling, against a shell loop',
    `The loop (\`bench/by-hand.sh\`) does by hand what a careful person would: \`stop\`, wait until dead twice running, \`start\`, wait until ` +
      `running, settle. Both use the same fleetctl on the same stand-in fleet at ${timeScale}× its measured lags, the same units, one call per unit, ` +
      `the loop a pause of ${pauseSeconds} s between two looks and Opsee ${pauseSeconds} s from the beginning of one to that of the next, and the same settle time of ${settleMs} ms. Opsee's time is from the command typed in Slack to the rollout's end in ` +
      'etcd; it reads three lists where the loop reads one, plans, and journals. A run counts only when every process was really replaced.',
    table(['instances', 'runs', 'by hand, median / p99', 'Opsee, median / p99', 'ratio of medians', 'goal 1.1×'], rows),
  ]
}

function memoryText({ idle, live }: NonNullable<BenchResults['memory']>, { memory }: BenchOptions): string[] {
  const row = (name: string, stats: Stats): string[] => [
    name,
    String(stats.n),
    ...[stats.median, stats.p99].map((mb) => `${mb.toFixed(0)} MB`),
  ]
  return [
    '## Resident memory of the bot',
    'VmRSS of its process, once a second; 1 MB is 10^6 bytes.',
    table(['', 'samples', 'median', 'p99'], [row('idle', idle), row(`${memory.rollouts} live rollouts`, live)]),
    `Under 200 MB: ${met(Math.max(idle.max, live.max) < 200)}.`,
  ]
}
