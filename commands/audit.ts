import { demand, mutation } from '../src/command/define.ts'
import { count, duration, flag, text } from '../src/command/fields.ts'
import { auditLine, chainVerdict, unreadableText } from '../src/command/parts/audit-text.ts'
import { done, failed, mistyped, refused } from '../src/command/text.ts'
import { code } from '../src/domain/wording.ts'

const day = 24 * 3_600_000

export default mutation({
  summary: 'Shows the audit log: who asked for what, what was decided, and how it ended.',
  notes:
    '`list` shows the newest records of what was allowed and denied. `verify` reads both chains and says which record does not fit. ' +
    '`export` prints stored records as JSON lines, oldest first, so that their hashes can be checked elsewhere. Each use is itself recorded.',
  examples: [
    'audit list',
    'audit list --by @ann --since 7d',
    'audit list --target "api production"',
    'audit verify',
    'audit export --after 1200',
  ],
  positionals: { what: text({ word: 'list|verify|export', help: 'What to show.' }) },
  flags: {
    by: flag(text({ word: '@person' }), { help: 'Of `list`: only by this person, by name or id.' }),
    target: flag(text({ word: 'target' }), { help: 'Of `list`: only on this service, tier or both, in quotes.' }),
    since: flag(duration(1000, 3650 * day), { help: 'Of `list`: only of the last so long, such as 2h or 7d.' }),
    n: flag(count(1, 100), { short: 'n', help: 'How many records; 20 unless given, 10 for `export`.' }),
    chain: flag(text({ word: 'grants|denials' }), { help: 'Of `export`: which chain; `grants` unless given.' }),
    after: flag(count(0, 999_999_999), { help: 'Of `export`: only records behind this number.' }),
  },
  right: 'audit',
  async demands() {
    return demand({ right: 'audit', scope: { kind: 'shop' }, owner: null })
  },
  async answer(args, { grants, read }) {
    const [grant] = grants
    if (grant === undefined) return failed('Nothing was read: nothing was granted.')
    const now = read.now()
    switch (args.what.toLowerCase()) {
      case 'list': {
        const { rows, unreadable, cut } = await grant.may.list({
          by: args.by === null ? null : args.by.replace(/^@/, ''),
          target: args.target === null ? [] : args.target.toLowerCase().split(/\s+/),
          since: args.since === null ? null : now - args.since,
          limit: args.n ?? 20,
        })
        const none = rows.length === 0 ? ['No record fits.'] : []
        const older = cut ? ['Older records were not looked at: narrow it with `--since`, or use `audit export`.'] : []
        const lines = rows.map((row) => auditLine(row, now))
        return done([...unreadableText(unreadable), ...none, ...lines, ...older], { rest: 'ask for fewer with -n' })
      }
      case 'verify': {
        const { grants: allowed, denials } = await grant.may.verify()
        const lines = [chainVerdict('What was allowed', allowed), chainVerdict('What was denied', denials)]
        return allowed.kind === 'intact' && denials.kind === 'intact' ? done(lines) : refused(lines)
      }
      case 'export': {
        const chain = args.chain ?? 'grants'
        if (chain !== 'grants' && chain !== 'denials') {
          return mistyped(`There is no chain ${code(chain)}: write ${code('grants')} or ${code('denials')}.`)
        }
        const page = await grant.may.page(chain, args.after ?? 0, args.n ?? 10)
        if (page.last === null) return done(`No record of ${chain} is behind number ${args.after ?? 0}.`)
        const next = `audit export --chain ${chain} --after ${page.last}`
        const more = page.more ? [`More records follow: ${code(next)}`] : ['This is the last record.']
        return done([...page.lines.map((line) => code(line)), ...more])
      }
      default:
        return mistyped(`Say ${code('audit list')}, ${code('audit verify')} or ${code('audit export')}.`)
    }
  },
})
