import { answer, demand, mutation } from '../src/command/define.ts'
import { optional, service, tier } from '../src/command/fields.ts'
import { locksOf } from '../src/command/parts/lock-text.ts'
import { scopeOf } from '../src/command/parts/scopes.ts'
import { unreadableLines } from '../src/command/parts/unreadable.ts'
import { doneForAll, failed, refused } from '../src/command/text.ts'
import { lockText } from '../src/domain/lock.ts'
import { ago, personText, words } from '../src/domain/wording.ts'

export default mutation({
  summary: 'Lifts the lock on a tier, or on one service in it.',
  notes: 'Your own lock is yours to lift; the lock of another takes the right to it.',
  examples: ['unlock production', 'unlock api production'],
  positionals: {
    service: optional(service({ help: 'Without one, the lock on all of the tier.' })),
    tier: tier(),
  },
  flags: {},
  right: 'unlock',
  async demands(args, { read }) {
    const { records: locks, unreadable } = await read.locks.all()
    const lock = locks.find((one) => one.service === args.service && one.tier === args.tier)
    // Of an unreadable lock nobody knows whose it is.
    const hidden = unreadable.filter(({ key }) => key === ['locks', args.tier, args.service ?? []].flat().join('/'))
    if (hidden.length > 0) return answer(refused(['Nothing was lifted.', ...unreadableLines(hidden)]))
    if (lock === undefined) return answer(refused(nothingThere(args.service, args.tier, locksOf(locks, args.tier))))
    return demand({ right: 'unlock', scope: scopeOf(args.service, args.tier), owner: lock.by.id })
  },
  async answer(args, { grants, read, request }) {
    const [grant] = grants
    if (grant === undefined) return failed('No lock was lifted: nothing was granted.')
    const result = await grant.may.unlock()
    if (result.kind === 'none') return refused(nothingThere(args.service, args.tier, []))
    const { lock } = result
    if (result.kind === 'changed') {
      return refused(
        `Nothing was lifted: ${lockText(lock)} was locked anew by ${personText(lock.by)} a moment ago: ${words(lock.why)}.`,
      )
    }
    const whose = `It was held by ${personText(lock.by)}, locked ${ago(lock.at, read.now())}: ${words(lock.why)}.`
    return doneForAll(request.actor, (who) => `🔓 ${who} unlocked ${lockText(lock)}. ${whose}`)
  },
})

function nothingThere(service: string | null, tier: string, others: readonly string[]): string {
  const where = service === null ? `All of ${tier} is` : `${service} ${tier} is`
  const hint = others.length === 0 ? '' : ` There are locks on ${others.join(', ')}.`
  return `${where} not locked: nothing to lift.${hint}`
}
