import { demand, mutation } from '../src/command/define.ts'
import { duration, flag, optional, rest, service, tier } from '../src/command/fields.ts'
import { scopeOf } from '../src/command/parts/scopes.ts'
import { heldText } from '../src/command/parts/lock-text.ts'
import { doneForAll, failed, refused } from '../src/command/text.ts'
import { series, span, words } from '../src/domain/wording.ts'
import { lockText } from '../src/domain/lock.ts'

const day = 24 * 3_600_000

export default mutation({
  summary: 'Holds a tier, or one service in it: nobody else rolls there until it is unlocked.',
  notes:
    'What rolls already finishes the instance under way and then waits for the lock to go. Your own locks do not stop you. Without `--for` it holds until somebody types `unlock`.',
  examples: ['lock production "db migration" --for 2h', 'lock api production "investigating 500s"'],
  positionals: {
    service: optional(service({ help: 'Without one, all of the tier is held.' })),
    tier: tier(),
    why: rest({ word: 'why…', help: 'What others need to know; it stands in every refusal.' }),
  },
  flags: { for: flag(duration(60_000, 30 * day), { help: 'It ends by itself after this time.' }) },
  right: 'lock',
  async demands(args) {
    return demand({ right: 'lock', scope: scopeOf(args.service, args.tier), owner: null })
  },
  async answer(args, { grants, read, request }) {
    const [grant] = grants
    if (grant === undefined) return failed('No lock was made: nothing was granted.')
    const until = args.for === null ? null : read.now() + args.for
    const result = await grant.may.lock(args.why, until)
    if (result.kind === 'held') {
      const where = [result.lock.service, result.lock.tier].filter((part) => part !== null).join(' ')
      return refused(
        `${heldText(result.lock, read.now())} Nothing was changed; its owner or an admin lifts it with \`unlock ${where}\`.`,
      )
    }
    const ends = args.for === null ? 'until somebody unlocks it' : `for ${span(args.for)}`
    const still = result.live.length === 0 ? '' : ` ${stillRolling(result.live)}`
    const where = lockText(result.lock)
    return doneForAll(request.actor, (who) => `🔒 ${who} locked ${where} ${ends}: ${words(result.lock.why)}.${still}`)
  },
})

function stillRolling(live: readonly number[]): string {
  const names = series(live.map((id) => `Rollout ${id}`))
  return live.length === 1
    ? `${names} there finishes what is under way and then waits, unless you began it yourself.`
    : `${names} there finish what is under way and then wait, unless you began one yourself.`
}
