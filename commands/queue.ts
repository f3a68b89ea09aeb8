import { query } from '../src/command/define.ts'
import { optional, service, tier } from '../src/command/fields.ts'
import { notThere, targetsIn } from '../src/command/parts/scopes.ts'
import { unreadableLines } from '../src/command/parts/unreadable.ts'
import { done, refused } from '../src/command/text.ts'
import { sameTarget, targetText } from '../src/domain/target.ts'
import { waitsForText } from '../src/domain/waiting-text.ts'
import { ago, code, personText, words } from '../src/domain/wording.ts'
import type { Waiting } from '../src/services/capabilities.ts'

export default query({
  summary: 'Lists the rollouts that wait, in their order: for what, by whom, and since when.',
  notes:
    'A second rollout of a target waits until the first has ended, and begins by itself once rights, locks and plan were checked again. `abort` takes one out.',
  examples: ['queue', 'queue production', 'queue api production'],
  positionals: { service: optional(service()), tier: optional(tier()) },
  flags: {},
  async answer(args, { catalog, read }) {
    if (args.service !== null && args.tier !== null) {
      const fault = notThere({ service: args.service, tier: args.tier }, catalog)
      if (fault !== null) return refused(fault)
    }
    const asked = targetsIn(catalog, args.service, args.tier)
    const everything = args.service === null && args.tier === null
    // What the configuration has lost may still wait.
    const waiting = (await read.rollouts.waiting()).filter(
      ({ target }) => everything || asked.some((one) => sameTarget(one, target)),
    )
    if (waiting.length === 0) {
      const where = [args.service, args.tier].filter((part) => part !== null).join(' ')
      return done(`Nothing waits${where === '' ? '' : ` for ${where}`}.`)
    }
    const targets = [...new Map(waiting.map(({ target }) => [targetText(target), target])).values()]
    const now = read.now()
    return done(
      [
        ...unreadableLines(waiting.flatMap(({ unreadable }) => unreadable ?? [])),
        ...targets.flatMap((target) => [
          `*${targetText(target)}*`,
          ...waiting.filter((one) => sameTarget(one.target, target)).map((one) => line(one, now)),
        ]),
      ],
      { rest: '`queue <service> <tier>` lists one target', rollouts: waiting.map((one) => one.id) },
    )
  },
})

function line({ id, target, rollout, unreadable }: Waiting, now: number): string {
  if (rollout === null)
    return `${code(`${id}`)}  ${unreadable === null ? 'it waits no more' : 'its record cannot be read'}`
  const { plan, requestedBy, createdAt, reason, waiting } = rollout
  const why = reason === null ? '' : `, because: ${words(reason)}`
  // It may have begun since the queue was read.
  const waits = waiting === null ? 'it waits no more' : words(waitsForText(waiting.for, target.tier))
  const blocked = unreadable === null ? '' : '; its place in the queue cannot be read'
  return `${code(`${id}`)}  ${plan.kind} by ${personText(requestedBy)}, asked for ${ago(createdAt, now)}${why}; ${waits}${blocked}`
}
