import { query } from '../src/command/define.ts'
import { tier } from '../src/command/fields.ts'
import { lookAt } from '../src/command/parts/fleet.ts'
import { pinText } from '../src/command/parts/pin-text.ts'
import { targetsIn } from '../src/command/parts/scopes.ts'
import { goodText, releasesOf, runsText, wantedText } from '../src/command/parts/target-releases.ts'
import { concerning, unreadableLines } from '../src/command/parts/unreadable.ts'
import { done, table } from '../src/command/text.ts'
import { sameTarget } from '../src/domain/target.ts'
import { words } from '../src/domain/wording.ts'

export default query({
  summary:
    'The releases of a tier, a line for each service: what is wanted, whether all of it runs that, what was last good.',
  examples: ['releases production'],
  positionals: { tier: tier() },
  flags: {},
  async answer(args, { read, catalog }) {
    const targets = targetsIn(catalog, null, args.tier)
    const views = await lookAt([args.tier], read)
    const pins = await read.pins.all()
    const now = read.now()
    const rows = await Promise.all(
      targets.map(async (target) => {
        if (read.releases.at(target) === null) {
          return { name: target.service, text: words(read.releases.whyNot(target.service)), unreadable: [] }
        }
        const releases = await releasesOf(target, views, { read, catalog })
        const pinned = pins.records.filter((pin) => sameTarget(pin, target)).map((pin) => `; ${pinText(pin, now)}`)
        return {
          name: target.service,
          text: `${wantedText(releases)}; ${runsText(releases)}; ${goodText(releases, now)}${pinned.join('')}`,
          unreadable: releases.unreadable,
        }
      }),
    )
    if (rows.length === 0) return done(`Nothing is deployed to ${args.tier}.`)
    const faults = [...pins.unreadable, ...rows.flatMap(({ unreadable }) => unreadable)]
    return done([...unreadableLines(concerning(args.tier, faults)), ...table(rows)], {
      rest: `\`diff <service> ${args.tier}\` shows one of them`,
    })
  },
})
