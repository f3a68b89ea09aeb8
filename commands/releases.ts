import { query } from '../src/command/define.ts'
import { optional, service, tier } from '../src/command/fields.ts'
import { lookAt } from '../src/command/parts/fleet.ts'
import { pinText } from '../src/command/parts/pin-text.ts'
import { notThere, targetsIn } from '../src/command/parts/scopes.ts'
import { goodText, releasesOf, runsText, wantedText } from '../src/command/parts/target-releases.ts'
import { concerning, unreadableLines } from '../src/command/parts/unreadable.ts'
import { done, mistyped, refused, table } from '../src/command/text.ts'
import { sameTarget, targetText, type Target } from '../src/domain/target.ts'
import { code, series, words } from '../src/domain/wording.ts'

export default query({
  summary:
    'The releases of a tier or a service, a line for each target: what is wanted, whether all of it runs that, what was last good.',
  examples: ['releases production', 'releases api', 'releases api production'],
  positionals: { service: optional(service()), tier: optional(tier()) },
  forms: ['<tier>', '<service> [tier]'],
  flags: {},
  async answer(args, { read, catalog }) {
    if (args.service === null && args.tier === null)
      return mistyped(
        `Say which tier or service: ${series(
          catalog.tiers.map((name) => code(`releases ${name}`)),
          'or',
        )}.`,
      )
    if (args.service !== null && args.tier !== null) {
      const fault = notThere({ service: args.service, tier: args.tier }, catalog)
      if (fault !== null) return refused(fault)
    }
    const targets = targetsIn(catalog, args.service, args.tier)
    const views = await lookAt(
      targets.map((target) => target.tier),
      read,
    )
    const nameOf = (target: Target): string => (args.service === null ? target.service : targetText(target))
    const pins = await read.pins.all()
    const now = read.now()
    const rows = await Promise.all(
      targets.map(async (target) => {
        if (read.releases.at(target) === null) {
          return { name: nameOf(target), text: words(read.releases.whyNot(target.service)), unreadable: [] }
        }
        const releases = await releasesOf(target, views, { read, catalog })
        const pinned = pins.records.filter((pin) => sameTarget(pin, target)).map((pin) => `; ${pinText(pin, now)}`)
        return {
          name: nameOf(target),
          text: `${wantedText(releases)}; ${runsText(releases)}; ${goodText(releases, now)}${pinned.join('')}`,
          unreadable: releases.unreadable,
        }
      }),
    )
    if (rows.length === 0) return done(`Nothing is deployed to ${args.tier ?? 'any tier'}.`)
    const faults = [...pins.unreadable, ...rows.flatMap(({ unreadable }) => unreadable)]
    return done([...unreadableLines(concerning(args.tier, faults)), ...table(rows)], {
      rest: '`diff <service> <tier>` shows one of them',
    })
  },
})
