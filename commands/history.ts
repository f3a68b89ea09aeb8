import { query } from '../src/command/define.ts'
import { count, flag, optional, service, text, tier } from '../src/command/fields.ts'
import { unreadableLines } from '../src/command/parts/unreadable.ts'
import { done } from '../src/command/text.ts'
import { durationText } from '../src/domain/duration.ts'
import type { HistoryRow } from '../src/domain/history.ts'
import { releaseName } from '../src/domain/release.ts'
import { ago, code, personText, phaseText, words } from '../src/domain/wording.ts'

export default query({
  summary: 'Ended rollouts, newest first.',
  examples: ['history', 'history api production', 'history production -n 30'],
  positionals: { service: optional(service()), tier: optional(tier()) },
  flags: {
    n: flag(count(1, 50), { short: 'n', help: 'How many; 10 unless given.' }),
    before: flag(text({ word: 'cursor' }), { help: 'Only older ones: the last line of an answer names it.' }),
  },
  async answer(args, { read }) {
    const limit = args.n ?? 10
    const { service, tier } = args
    const page = await read.rollouts.history({ service, tier, limit, before: args.before })
    const where = [service, tier].filter((part) => part !== null).join(' ')
    const unreadable = unreadableLines(page.unreadable)
    if (page.rows.length + unreadable.length === 0) {
      return done(
        args.before === null
          ? `Nothing has ended yet${where === '' ? '' : ` on ${where}`}.`
          : 'There is nothing older.',
      )
    }
    const again = ['history', where, ...(args.n === null ? [] : [`-n ${args.n}`])]
      .filter((part) => part !== '')
      .join(' ')
    const older = page.older === null ? [] : [`Older ones: ${code(`${again} --before ${page.older}`)}`]
    return done([...unreadable, ...page.rows.map((row) => line(row, read.now())), ...older], {
      rest: 'ask for fewer with `-n`',
    })
  },
})

function line(row: HistoryRow, now: number): string {
  const what = `${row.kind} of ${row.service} in ${row.tier} *${phaseText(row.phase)}* ${ago(row.endedAt, now)}`
  const took = durationText(Math.max(0, row.endedAt - (row.begunAt ?? row.createdAt)))
  const release = row.release === null ? '' : `, release ${words(releaseName(row.release))}`
  const how = `after ${took}, ${row.replaced} of ${row.instances} ${row.kind === 'scale' ? 'done' : 'replaced'}${release}, by ${personText(row.by)}`
  const why = row.reason === null ? '' : `, because: ${words(row.reason)}`
  const summary = row.phase === 'succeeded' ? '' : `. ${words(row.summary)}`
  return `${code(`${row.id}`)}  ${what}, ${how}${why}${summary}`
}
