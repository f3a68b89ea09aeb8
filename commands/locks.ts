import { query } from '../src/command/define.ts'
import { optional, tier } from '../src/command/fields.ts'
import { lockLine } from '../src/command/parts/lock-text.ts'
import { stopLine } from '../src/command/parts/stop-text.ts'
import { concerning, unreadableLines } from '../src/command/parts/unreadable.ts'
import { done } from '../src/command/text.ts'
import { lockExpired } from '../src/domain/lock.ts'

export default query({
  summary: 'Lists who holds or stopped what, why, and until when.',
  examples: ['locks', 'locks production'],
  positionals: { tier: optional(tier()) },
  flags: {},
  async answer(args, { read }) {
    const now = read.now()
    const [all, stopped] = await Promise.all([read.locks.all(), read.stops.all()])
    const unreadable = unreadableLines(concerning(args.tier, [...all.unreadable, ...stopped.unreadable]))
    const stops = stopped.records.filter((stop) => args.tier === null || stop.tier === args.tier)
    const locks = all.records.filter(
      (lock) => !lockExpired(lock, now) && (args.tier === null || lock.tier === args.tier),
    )
    if (locks.length + stops.length + unreadable.length === 0)
      return done(args.tier === null ? 'Nothing is locked.' : `Nothing in ${args.tier} is locked.`)
    const order = [...locks].sort((a, b) => a.tier.localeCompare(b.tier) || a.at - b.at)
    const lines = [...stops.map((stop) => stopLine(stop, now)), ...order.map((lock) => lockLine(lock, now))]
    return done([...unreadable, ...lines], { rest: '`locks <tier>` lists one tier' })
  },
})
