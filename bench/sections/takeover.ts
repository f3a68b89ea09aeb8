import type { BenchOptions } from '../options.ts'
import type { TakeoverResult } from '../takeover.ts'
import { met, table } from '../text.ts'

/** Beyond the lease, as docs/reliability.md promises. */
const graceSeconds = 2

export function takeoverText(results: readonly TakeoverResult[], { takeover }: BenchOptions): string[] {
  const seconds = (value: number): string => `${value.toFixed(1)} s`
  const rows = results.map(({ signal, leaseMs, times, driven, told }) => {
    const promised = leaseMs / 1000 + graceSeconds
    return [
      signal,
      seconds(leaseMs / 1000),
      `${times}, ${driven.n}`,
      `${seconds(driven.median)} / ${seconds(driven.p99)}`,
      `${seconds(told.median)} / ${seconds(told.p99)}`,
      signal === 'SIGKILL'
        ? `${seconds(promised)}: ${met(driven.max <= promised)}; by the thread: ${met(told.max <= promised)}`
        : `at once: ${seconds(driven.max)} at the most`,
    ]
  })
  return [
    '## Takeover',
    `Two bots on one etcd and one Slack, ${takeover.rollouts} rollouts live at once. The process that drives most of them is ended at a random moment; ` +
      'counted is, for each of its rollouts, the time from the signal until the journal has the event that another process drives it, and until a line ' +
      `in its thread says so. Each end is a value for each rollout that the process drove, so that the values of one end are not independent. Then a new ` +
      'process is started beside the survivor. A rollout and its thread have a lease each, and both must run out.',
    table(
      [
        'ended by',
        'lease',
        'ends, values',
        'driven again, median / p99',
        'thread says so, median / p99',
        'promise: lease + 2 s',
      ],
      rows,
    ),
  ]
}
