import { query } from '../src/command/define.ts'
import { count, flag, optional, service, tier } from '../src/command/fields.ts'
import { lookAt } from '../src/command/parts/fleet.ts'
import { releasesOf, type TargetReleases } from '../src/command/parts/target-releases.ts'
import { notThere } from '../src/command/parts/scopes.ts'
import { unreadableLines } from '../src/command/parts/unreadable.ts'
import { done, failed, refused, table } from '../src/command/text.ts'
import { shortDigest, shortRevision } from '../src/domain/release.ts'
import { ago, code, series, words } from '../src/domain/wording.ts'
import type { KnownBuild } from '../src/services/known-builds.ts'

export default query({
  summary: 'The newest builds of a service: digest, tags, commit, age, and where each is wanted or runs.',
  notes:
    'They come from the tags of its image in the registry, and from what hooks told of (without a registry, from that alone). The newest come first, by when they were built, else by when a hook told of them.',
  examples: ['builds api', 'builds api production', 'builds api -n 30'],
  positionals: {
    service: service(),
    tier: optional(
      tier({ help: 'The tier of which it is said where a build is wanted or runs; all of them unless given.' }),
    ),
  },
  flags: { n: flag(count(1, 50), { short: 'n', help: 'How many; 10 unless given.' }) },
  async answer(args, { read, catalog }) {
    const { service, tier } = args
    const fault = tier === null ? null : notThere({ service, tier }, catalog)
    if (fault !== null) return refused(fault)
    const listed = await read.releases.builds(service, args.n ?? 10)
    if (listed.kind === 'none') return refused(`${words(listed.message)}.`)
    if (listed.kind === 'unavailable')
      return failed(`${words(listed.message)}.${listed.permanent === true ? '' : ' Try again in a moment.'}`)
    const unreadable = unreadableLines(listed.unreadable)
    if (listed.builds.length + unreadable.length === 0) return done(`There is no build of ${code(service)} yet.`)
    const tiers = tier === null ? catalog.tiersOf(service) : [tier]
    const views = await lookAt(tiers, read)
    const places = await Promise.all(tiers.map((tier) => releasesOf({ service, tier }, views, { read, catalog })))
    const now = read.now()
    const rows = listed.builds.map((build) => ({
      name: build.digest === null ? 'no digest' : shortDigest(build.digest),
      text: [...aboutText(build, now), ...placesText(build, places)].join('; '),
    }))
    const left = listed.left === 0 ? [] : [`${listed.left} more tags were not looked at.`]
    const without =
      listed.without === null
        ? []
        : [`They are what hooks told of; nothing is from a registry: ${words(listed.without)}.`]
    return done([...unreadable, ...table(rows), ...left, ...without], { rest: 'ask for fewer with `-n`' })
  },
})

function aboutText({ tags, revision, builtAt, toldAt, untagged }: KnownBuild, now: number): readonly string[] {
  const shown = tags.slice(0, 6).map(code)
  const more = tags.length > shown.length ? [`${tags.length - shown.length} more`] : []
  const told = toldAt === null ? 'nobody says when it was built' : `a hook told of it ${ago(toldAt, now)}`
  return [
    ...(shown.length === 0 ? [] : [series([...shown, ...more])]),
    ...(untagged ? ['the registry was not seen to have it under a tag'] : []),
    ...(revision === null ? [] : [`commit ${words(shortRevision(revision))}`]),
    builtAt === null ? told : `built ${ago(builtAt, now)}`,
  ]
}

/** `*wanted in production*, runs in staging and production`. */
function placesText({ digest }: KnownBuild, places: readonly TargetReleases[]): readonly string[] {
  const wanted = places.filter(({ wanted }) => wanted.kind === 'release' && wanted.release.digest === digest)
  const runs = places.filter(({ running }) =>
    running?.some((one) => one.runs.kind === 'digest' && one.runs.digest === digest),
  )
  const names = (some: readonly TargetReleases[]): string => series(some.map(({ target }) => target.tier))
  return [
    ...(wanted.length === 0 ? [] : [`*wanted in ${names(wanted)}*`]),
    ...(runs.length === 0 ? [] : [`runs in ${names(runs)}`]),
  ]
}
