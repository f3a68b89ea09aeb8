import { query } from '../src/command/define.ts'
import { optional, tier } from '../src/command/fields.ts'
import { lookAt } from '../src/command/parts/fleet.ts'
import { targetsIn } from '../src/command/parts/scopes.ts'
import { driftIn } from '../src/command/parts/target-drift.ts'
import { done, table } from '../src/command/text.ts'
import { targetText } from '../src/domain/target.ts'
import { code, count, words } from '../src/domain/wording.ts'

export default query({
  summary: 'Where what runs has parted from what should run: releases, unit files, instances.',
  notes:
    'Looked at are the tag or key that names the wanted release, what each instance says it runs, its unit file, and which instances the last rollout left. A target that rolls now is left out. When an instance was started by hand fleet does not tell.',
  examples: ['drift', 'drift production'],
  positionals: { tier: optional(tier()) },
  flags: {},
  async answer(args, { read, catalog }) {
    const targets = targetsIn(catalog, null, args.tier)
    const [views, live] = await Promise.all([
      lookAt(
        targets.map((target) => target.tier),
        read,
      ),
      read.rollouts.allLive(),
    ])
    const looked = await Promise.all(
      targets.map(async (target) => ({ target, found: await driftIn(target, views, live, { read, catalog }) })),
    )
    const rows = looked.flatMap(({ target, found }) => {
      const name = targetText(target)
      switch (found.kind) {
        case 'away':
          return [{ name, text: `fleet is away: ${words(found.reason)}` }]
        case 'rolling':
          return [{ name, text: `rollout ${found.id} is under way` }]
        case 'findings':
          return found.findings.map((finding) => ({ name, text: words(finding) }))
      }
    })
    const together = looked.filter(({ found }) => found.kind === 'findings' && found.findings.length === 0).length
    const rest = together === 0 ? [] : [`${count(together, 'target')} ${together === 1 ? 'is' : 'are'} as left.`]
    return done([...table(rows), ...rest], { rest: `${code('drift <tier>')} looks at one tier` })
  },
})
