import type { BenchOptions } from '../options.ts'
import type { PromoteResult, RolledKind } from '../promote.ts'
import type { Stats } from '../stats.ts'
import { table, times } from '../text.ts'

export function promoteText({ plain, restart, promote }: PromoteResult, { timeScale }: BenchOptions): string[] {
  const both = ({ median, p99 }: Stats): string => `${median.toFixed(1)} s / ${p99.toFixed(1)} s`
  const row = (name: string, kind: RolledKind): string[] => [
    name,
    String(kind.all.n),
    both(kind.all),
    times(kind.all.median, plain.all.median),
    both(kind.accepted),
    kind.moved === null ? '' : both(kind.moved),
    String(kind.requests),
    String(kind.events),
  ]
  const more = (kind: RolledKind): string => {
    const seconds = kind.all.median - plain.all.median
    return `${seconds >= 0 ? '+' : '−'}${Math.abs(seconds).toFixed(1)} s`
  }
  return [
    '## A promote, against a restart',
    `The demo's shop at ${timeScale}× its measured lags: the same three instances of one service in production, one at a time, each of which pulls its image by the tier's tag ` +
      'from a real registry before it starts, however it is rolled. In turn: `restart` by a bot that knows nothing of images (no `registry`, no `image`), `restart` by one that does, ' +
      'which reads the tag and has each instance say the digest that it runs, and `promote` by the same bot, which also looks whether the release is good in staging, moves the tag as ' +
      'the first recorded step, and sees it moved. Times are from the words typed in Slack; requests are those of the bot to the registry in one rollout, ' +
      'the looks whether the tag is still where it should be among them: one every two seconds at the most, so that a longer rollout has more. Nobody looks for drift meanwhile.',
    table(
      [
        'median / p99',
        'runs',
        'until its end',
        'of the plain restart',
        'until accepted',
        'then until the tag is as it should be',
        'requests',
        'events',
      ],
      [row('`restart`, nothing known of images', plain), row('`restart`', restart), row('`promote`', promote)],
    ),
    `Beyond the plain restart, by the medians: \`restart\` ${more(restart)}, \`promote\` ${more(promote)}. No goal was set.`,
  ]
}
