import type { CrowdResult } from '../crowd.ts'
import type { BenchOptions } from '../options.ts'
import { postsInChannel, published } from '../slack-gate.ts'
import { met, table } from '../text.ts'

const goalSeconds = 3

export function crowdText(result: CrowdResult, { crowd }: BenchOptions): string[] {
  const { calls, lines, roots, polls } = result
  const seconds = (value: number): string => `${value.toFixed(1)} s`
  const rows = [...calls].map(([method, { all, busiest, refused }]) => [
    method,
    String(all),
    String(busiest),
    published[method] === undefined ? 'none' : String(published[method]),
    String(refused),
  ])
  const refusals = [...calls.values()].reduce((sum, { refused }) => sum + refused, 0)
  const over = [...calls].filter(([method, { busiest }]) => busiest > (published[method] ?? Infinity))
  const rates = polls.map(({ perSecond }) => perSecond)
  return [
    `## ${crowd.rollouts} rollouts at once on one bot`,
    `One \`deploy\` every ${crowd.everyMs / 1000} s in the channels of ten teams, ${crowd.instances} instances each, one at a time, settling for ` +
      `${crowd.settleMs / 1000} s; ${result.live} were live at once, and after ${result.seconds.toFixed(0)} s all had ended and were told. Between the bot and ` +
      'local-slack, which knows no limits, stands a gate that answers 429 to what goes beyond the published calls of a method in any minute, or beyond ' +
      `${postsInChannel} posts into one channel. Calls count when they are made.`,
    table(['method', 'calls', 'busiest minute', 'published', '429'], rows),
    `Within the published tiers: ${met(over.length === 0)}; the busiest channel had ${result.busiestChannel} posts in a minute; 429 needed: ${refusals === 0 ? 'none, met' : `${refusals}, missed`}.`,
    table(
      ['visible after', 'values', 'median', 'p99', 'slowest', `goal: p99 under ${goalSeconds} s`],
      [
        [
          'an event that has a line, in the thread',
          String(lines.n),
          seconds(lines.median),
          seconds(lines.p99),
          seconds(lines.max),
          met(lines.p99 < goalSeconds),
        ],
        [
          'a state, in the root message',
          String(roots.n),
          seconds(roots.median),
          seconds(roots.p99),
          seconds(roots.max),
          met(roots.p99 < goalSeconds),
        ],
      ],
    ),
    'The newest state counts: of several events in one message the last, and of the states of a root message those that it showed. ' +
      `Final state always (root, reaction, last line, one closing line): ${result.undelivered.length === 0 ? 'met' : `missed: ${result.undelivered.join('; ')}`}.`,
    table(
      ['live rollouts', 'polls of the fleet a second'],
      polls.map(({ live, perSecond }) => [String(live), perSecond.toFixed(1)]),
    ),
    `Independent of the number of rollouts (no more polls with many than with one, and half a poll): ${met(Math.max(...rates) <= (rates[0] ?? 0) + 0.5)}. Resident memory with ${result.live} live: ${result.memory.toFixed(0)} MB.`,
  ]
}
