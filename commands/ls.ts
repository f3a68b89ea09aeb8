import { query } from '../src/command/define.ts'
import { count, etcdKey, flag, toggle } from '../src/command/fields.ts'
import { done, refused } from '../src/command/text.ts'
import { code, words } from '../src/domain/wording.ts'

/** A value in a list is for recognizing it; `get` shows all of it. */
const shownOfValue = 120

export default query({
  summary: 'etcd keys below a prefix, with their values, under the prefixes that the configuration allows.',
  notes: 'What looks like a secret is masked.',
  examples: ['ls /opsee.co/services/', 'ls /opsee.co/services/api/ --keys -n 50'],
  positionals: { prefix: etcdKey({ word: 'prefix', help: 'Where to look, with its leading slash.' }) },
  flags: {
    keys: toggle({ help: 'Only the keys.' }),
    n: flag(count(1, 200), { short: 'n', help: 'How many; 20 unless given.' }),
  },
  async answer(args, { read }) {
    const limit = args.n ?? 20
    const found = await read.keys.list(args.prefix, { keysOnly: args.keys, limit })
    if (found.kind === 'not-allowed') return refused(words(found.message))
    if (found.entries.length === 0) return done(`There is nothing below ${code(args.prefix)}.`)
    const lines = found.entries.map((entry) => {
      if (args.keys) return code(entry.key)
      const value = entry.value.length > shownOfValue ? `${entry.value.slice(0, shownOfValue)}…` : entry.value
      return `${code(entry.key)}  ${value === '' ? '(empty)' : code(value)}${entry.masked ? ' (masked)' : ''}`
    })
    const keys = args.keys ? ' --keys' : ''
    const wider = `ls ${args.prefix}${keys} -n ${Math.min(200, limit * 5)}`
    const hint = limit >= 200 ? 'name a longer prefix' : code(wider)
    return done([...lines, ...(found.more ? [`There are more: ${hint}`] : [])], {
      rest: 'name a longer prefix, or fewer with `-n`',
    })
  },
})
