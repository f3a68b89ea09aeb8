import type { BenchOptions } from '../options.ts'
import { pageRows, type RecordsResult } from '../records.ts'
import type { Stats } from '../stats.ts'
import { met, table, times } from '../text.ts'

export function recordsText(result: RecordsResult, { records }: BenchOptions): string[] {
  const { rangeRead, page, listUnits, threeLists, firstStatus, typed } = result
  const instances = records.services * records.instancesEach
  const ms = ({ n, median, p99 }: Stats): string[] => [String(n), `${median.toFixed(1)} ms`, `${p99.toFixed(1)} ms`]
  const against = (stats: Stats, raw: Stats): string => times(stats.median, raw.median)
  const goal = (stats: Stats, raw: Stats): string => `2×: ${met(stats.median <= 2 * raw.median)}`
  const answers = [...typed].map(([command, stats]) => {
    const status = command.startsWith('status')
    const ratio = status ? against(stats, listUnits) : command.startsWith('history') ? against(stats, rangeRead) : ''
    return [`\`${command}\`, typed`, ...ms(stats), ratio, status ? goal(stats, listUnits) : '']
  })
  return [
    '## History and status, with many records and instances',
    `${records.rollouts} ended rollouts (${result.keys} keys: records, events, rows of the history, written by the bot's own record writers) and a fleet of ` +
      `${instances} instances in ${records.services} services, each a process. The bare reads are one range read of the newest ${pageRows} rows through etcd3, ` +
      'and `fleetctl list-units`; the page is the same rows as the bot reads them, counter and all, in one process with the bare read and in turn with it. ' +
      'What is typed is timed from the request to local-slack until the answer is seen in the channel: Slack, the question whose turn it is to ' +
      'answer, and the rights are in it, as `locks` shows, which reads next to nothing. `status` runs `list-units` alone where it printed what it printed in the last look, ' +
      'which read all three lists and was less than a minute ago; else, as in the row of the first look, all three.',
    table(
      ['', 'values', 'median', 'p99', 'of the bare read', 'goal'],
      [
        ['range read', ...ms(rangeRead), '1', ''],
        ['page of the history', ...ms(page), against(page, rangeRead), goal(page, rangeRead)],
        ['`fleetctl list-units`', ...ms(listUnits), '1', ''],
        ['the three lists, side by side', ...ms(threeLists), against(threeLists, listUnits), ''],
        ...answers,
        [
          '`status`, typed, the first look for a minute',
          ...ms(firstStatus),
          against(firstStatus, listUnits),
          goal(firstStatus, listUnits),
        ],
      ],
    ),
    `The three lists of a first look, side by side, cost ${against(threeLists, listUnits)} the one by themselves: three programs on the cores of this machine, and one server process of the ` +
      'stand-in fleet that answers them one after the other. That look is not made shorter: an instance that is wanted and not reported is in no `list-units`, and what acts on a fleet never takes the short way.',
  ]
}
