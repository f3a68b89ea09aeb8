import type { Reply } from '../src/command/context.ts'
import { answer, mutation, type QueryContext } from '../src/command/define.ts'
import { service, tier } from '../src/command/fields.ts'
import { lookAt } from '../src/command/parts/fleet.ts'
import { demandRoll, roll, rollFlags } from '../src/command/parts/roll.ts'
import { othersThan, runningGroups, runningOf } from '../src/command/parts/running.ts'
import { notThere } from '../src/command/parts/scopes.ts'
import { mistyped, refused } from '../src/command/text.ts'
import { releaseText, shortDigest, type Release } from '../src/domain/release.ts'
import { targetText } from '../src/domain/target.ts'
import { code, words } from '../src/domain/wording.ts'

export default mutation({
  summary: 'Takes the release that runs and is good in one tier to another, without building anything anew.',
  notes:
    'The same digest goes on: what the earlier tier wants, what was last rolled out well there, and what each of its instances that can say so runs. Anything else is refused, and told.',
  examples: [
    'promote api staging production',
    'promote api staging production --canary 1',
    'promote api staging production --dry-run',
  ],
  positionals: {
    service: service(),
    from: tier({ word: 'from', help: 'The tier where it runs and is good.' }),
    to: tier({ word: 'to', help: 'The tier that gets it.' }),
  },
  flags: rollFlags,
  right: 'promote',
  async demands(args, context) {
    const { from, to, service, ...flags } = args
    if (from === to)
      return answer(mistyped(`${code(from)} is both ends: name the tier it comes from, then the one it goes to.`))
    const fault = notThere({ service, tier: from }, context.catalog)
    return fault === null
      ? demandRoll('promote', { ...flags, ...asRoll(service, to), tag: tagOf(service, from, context) }, context)
      : answer(mistyped(fault))
  },
  async answer(args, context) {
    const { from, to, service, ...flags } = args
    const found = await goodIn(service, from, context)
    if (found.kind === 'answer') return found.reply
    const { release, notes } = found
    const tag = tagOf(service, from, context)
    return roll('promote', { ...flags, ...asRoll(service, to), release, notes, tag }, context, context.grants)
  },
})

/** The tag that the units of the earlier tier pull; none where they read the digest from a key. */
function tagOf(service: string, tier: string, { read }: QueryContext): string | undefined {
  const at = read.releases.at({ service, tier })
  return at?.by === 'tag' ? at.tag : undefined
}

const asRoll = (service: string, tier: string) => ({ services: [service], instances: null, tier })

type Good =
  | { readonly kind: 'good'; readonly release: Release; readonly notes: readonly string[] }
  | { readonly kind: 'answer'; readonly reply: Reply }

/** The release that is wanted, was left well and runs in a tier. */
async function goodIn(service: string, tier: string, { read, catalog }: QueryContext): Promise<Good> {
  const target = { service, tier }
  const where = code(targetText(target))
  const refuse = (why: string): Good => ({ kind: 'answer', reply: refused(`Nothing was started: ${why}`) })
  if (read.releases.at(target) === null) return refuse(`${words(read.releases.whyNot(service))}.`)
  const [good, wanted, views] = await Promise.all([
    read.rollouts.lastGood(target),
    read.releases.wanted(target),
    lookAt([tier], read),
  ])
  const release = good?.release ?? null
  if (good === null || release === null) {
    return refuse(
      `no release of ${where} was seen to be well. ${code(`deploy ${service} ${tier}`)} rolls it out there first.`,
    )
  }
  if (wanted.kind === 'unknown') return refuse(`nobody knows what ${where} should run: ${words(wanted.reason)}.`)
  if (wanted.digest !== release.digest) {
    const now = wanted.digest === null ? 'nothing' : shortDigest(wanted.digest)
    return refuse(
      `${where} should run ${now} by now, and not ${words(releaseText(release))}, which rollout ${good.id} left well. ${code(`deploy ${service} ${tier}`)} proves what is wanted there, ${code(`diff ${service} ${tier}`)} shows both.`,
    )
  }
  const running = await runningOf(target, [release], views, { read, catalog })
  if (running === null)
    return refuse(`the fleet of ${tier} does not answer, so nobody knows what runs there. Try again in a moment.`)
  if (running.length === 0)
    return refuse(`nothing of ${where} runs. ${code(`status ${service} ${tier}`)} shows what there is.`)
  const others = othersThan(running, release.digest)
  if (others.length > 0) {
    return refuse(
      `not all of ${where} runs ${words(releaseText(release))}: ${runningGroups(running).join('; ')}. ${code(`restart ${service} ${tier}`)} lets all of it pull what is wanted.`,
    )
  }
  const silent = running.filter(({ runs }) => runs.kind === 'silent').length
  const notes =
    silent === 0
      ? []
      : [
          `That it runs in ${tier} is unverified for ${silent} of ${running.length} instances: they did not say what they run.`,
        ]
  return { kind: 'good', release, notes }
}
