import { query } from '../src/command/define.ts'
import { optional, service, tier } from '../src/command/fields.ts'
import { lockLine } from '../src/command/parts/lock-text.ts'
import { stopLine } from '../src/command/parts/stop-text.ts'
import { concerning, unreadableLines } from '../src/command/parts/unreadable.ts'
import { done } from '../src/command/text.ts'
import { lockExpired, type Lock } from '../src/domain/lock.ts'

export default query({
  summary: 'Lists who holds or stopped what, why, and until when.',
  examples: ['locks', 'locks production', 'locks api production'],
  positionals: { service: optional(service()), tier: optional(tier()) },
  flags: {},
  async answer(args, { read }) {
    const now = read.now()
    const [all, stopped] = await Promise.all([read.locks.all(), read.stops.all()])
    const unreadable = unreadableLines(concerning(args.tier, [...all.unreadable, ...stopped.unreadable]))
    const stops = stopped.records.filter((stop) => args.tier === null || stop.tier === args.tier)
    // The lock of a whole tier holds each service in it.
    const concerns = (lock: Lock): boolean =>
      (args.tier === null || lock.tier === args.tier) &&
      (args.service === null || lock.service === null || lock.service === args.service)
    const locks = all.records.filter((lock) => !lockExpired(lock, now) && concerns(lock))
    if (locks.length + stops.length + unreadable.length === 0) return done(nothing(args.service, args.tier))
    const order = [...locks].sort((a, b) => a.tier.localeCompare(b.tier) || a.at - b.at)
    const lines = [...stops.map((stop) => stopLine(stop, now)), ...order.map((lock) => lockLine(lock, now))]
    return done([...unreadable, ...lines], { rest: '`locks <tier>` lists one tier' })
  },
})

function nothing(service: string | null, tier: string | null): string {
  if (service !== null) return `${[service, tier].filter((part) => part !== null).join(' ')} is not locked.`
  return tier === null ? 'Nothing is locked.' : `Nothing in ${tier} is locked.`
}
