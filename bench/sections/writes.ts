import { table } from '../text.ts'
import type { WritesResult } from '../writes.ts'

export function writesText(results: readonly WritesResult[]): string[] {
  const rows = results.map(({ instances, atOnce, revisions, keys }) => {
    const changed = [...keys.values()].reduce((sum, count) => sum + count, 0)
    const families = [...keys].toSorted((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`)
    return [
      `${instances}, ${atOnce === 1 ? 'one at a time' : `${atOnce} at a time`}`,
      String(revisions),
      (revisions / instances).toFixed(1),
      String(changed),
      families.join(', '),
    ]
  })
  return [
    '## Writes into etcd',
    'Revisions of etcd, which are its transactions, from before a rollout is typed until its thread was told to its end, with everything that one bot ' +
      "writes in that time: the record and its events (one transaction a step), the narrator's position before and after each message, the command's " +
      'own marks, the audit. Keys are those that a watch saw change, deleted ones too. No goal was set.',
    table(['instances', 'revisions', 'an instance', 'keys changed', 'by kind'], rows),
  ]
}
