import { query, type QueryContext } from '../src/command/define.ts'
import { optional, service, tier } from '../src/command/fields.ts'
import { lookAt } from '../src/command/parts/fleet.ts'
import { notThere } from '../src/command/parts/scopes.ts'
import {
  describedAs,
  goodText,
  releasesOf,
  runsText,
  wantedText,
  type TargetReleases,
} from '../src/command/parts/target-releases.ts'
import { done, mistyped, refused } from '../src/command/text.ts'
import { compareLink } from '../src/domain/compare-link.ts'
import type { Release } from '../src/domain/release.ts'
import { targetText } from '../src/domain/target.ts'
import { link, words } from '../src/domain/wording.ts'

export default query({
  summary:
    'What a service should run, what it runs and what was last good in a tier, or how two tiers differ, with a link to compare.',
  notes:
    'The link is made from the labels of the images (their source and revision), for GitHub, GitLab and Bitbucket.',
  examples: ['diff api production', 'diff api staging production'],
  positionals: {
    service: service(),
    tier: tier(),
    other: optional(tier({ word: 'tier', help: 'The tier to compare with.' })),
  },
  flags: {},
  async answer(args, { read, catalog }) {
    const { service } = args
    const tiers = [...new Set(args.other === null ? [args.tier] : [args.tier, args.other])]
    const faults = tiers.flatMap((tier) => notThere({ service, tier }, catalog) ?? [])
    if (faults.length > 0) return mistyped(faults)
    if (read.releases.at({ service, tier: args.tier }) === null)
      return refused(`${words(read.releases.whyNot(service))}.`)
    const views = await lookAt(tiers, read)
    const all = await Promise.all(tiers.map((tier) => releasesOf({ service, tier }, views, { read, catalog })))
    const now = read.now()
    const lines = all.map(
      (one) => `*${targetText(one.target)}*  wanted: ${wantedText(one)}; ${runsText(one)}; ${goodText(one, now)}`,
    )
    const [first, second] = all
    if (first === undefined) return done(lines)
    return done([...lines, ...(second === undefined ? await within(first, read) : between(first, second))])
  },
})

/** What lies between what was last good or runs, and what is wanted. */
async function within(
  { target, wanted, running, good }: TargetReleases,
  read: QueryContext['read'],
): Promise<readonly string[]> {
  if (wanted.kind !== 'release') return []
  const { release } = wanted
  const digests = (running ?? []).flatMap(({ runs }) => (runs.kind === 'digest' ? [runs.digest] : []))
  const odd = [...new Set(digests)].filter((digest) => digest !== release.digest && digest !== good?.release?.digest)
  const others = await Promise.all(odd.slice(0, 3).map((digest) => describedAs(target.service, digest, read)))
  return [
    ...(good?.release ? linkLine('From the last good one to the wanted one', good.release, release) : []),
    ...others.flatMap((one) => linkLine('From what runs to the wanted one', one, release)),
  ]
}

function between(a: TargetReleases, b: TargetReleases): readonly string[] {
  if (a.wanted.kind !== 'release' || b.wanted.kind !== 'release') return []
  const [tierA, tierB] = [a.target.tier, b.target.tier]
  if (a.wanted.release.digest === b.wanted.release.digest) return [`${tierA} and ${tierB} want the same release.`]
  const [old, young] =
    (a.wanted.release.builtAt ?? 0) <= (b.wanted.release.builtAt ?? 0) ? [a.wanted, b.wanted] : [b.wanted, a.wanted]
  const from = old === a.wanted ? `From ${tierA} to ${tierB}` : `From ${tierB} to ${tierA}`
  const lines = linkLine(from, old.release, young.release)
  return lines.length > 0 ? lines : [`${tierA} and ${tierB} want different releases.`]
}

function linkLine(what: string, from: Release, to: Release): readonly string[] {
  if (from.digest === to.digest) return []
  const address = compareLink(from, to)
  return address === null
    ? [`${what}: no link to compare them; the labels of the images name no two commits of one source.`]
    : [`${what}: ${link(address, 'compare them')}`]
}
