import type { Reply } from '../src/command/context.ts'
import { mutation, type QueryContext } from '../src/command/define.ts'
import { service } from '../src/command/fields.ts'
import { demandRoll, roll, rollFlags, rollPositionals, type RollArgs } from '../src/command/parts/roll.ts'
import { backTo, type BackTo } from '../src/command/rollback-reference.ts'
import { describedAs } from '../src/command/parts/target-releases.ts'
import { refused } from '../src/command/text.ts'
import type { HistoryRow } from '../src/domain/history.ts'
import { goodReleases, standingOf } from '../src/domain/good-releases.ts'
import { changedRelease, failedSince, mayHaveChanged, ranEverywhere } from '../src/domain/ran-before.ts'
import { digestSchema, releaseText, type Release } from '../src/domain/release.ts'
import { targetText, type Target } from '../src/domain/target.ts'
import { ago, code, words } from '../src/domain/wording.ts'

export default mutation({
  summary: 'Takes a service back to the last release that was well there, or to one that you name.',
  notes:
    'Without a release it goes back to what every instance ran, while healthy, before the last rollout that changed it, whoever brought that there. Where that is not known, it takes the newest release whose last rollout succeeded and that is not wanted now. Migrations are not undone. A release whose last rollout failed takes `--force`.',
  examples: [
    'rollback api production',
    'rollback api production 12',
    'rollback api production sha256:1a2b3c4d5e6f --dry-run',
  ],
  positionals: { service: service(), tier: rollPositionals.tier, to: backTo() },
  flags: rollFlags,
  right: 'rollback',
  demands: async (args, context) => demandRoll('rollback', asRoll(args), context),
  async answer(args, context) {
    const found = await findBack(args, args.to, args.force, context)
    if (found.kind === 'answer') return found.reply
    const { release, notes } = found
    return roll('rollback', { ...asRoll(args), release, notes }, context, context.grants)
  },
})

interface Typed extends Omit<RollArgs, 'services' | 'instances' | 'to'> {
  readonly service: string
  readonly to: BackTo | null
}

const asRoll = ({ service, tier, batch, canary, dryRun, reason, force, units }: Typed): RollArgs => ({
  services: [service],
  instances: null,
  tier,
  batch,
  canary,
  dryRun,
  reason,
  force,
  ...(units === undefined ? {} : { units }),
})

type Back =
  | { readonly kind: 'release'; readonly release: Release; readonly notes: readonly string[] }
  | { readonly kind: 'answer'; readonly reply: Reply }

/** How many ended rollouts of the target are looked through. */
const lookedThrough = 200

const refuse = (why: string): Back => ({ kind: 'answer', reply: refused(`Nothing was started: ${why}`) })

async function findBack(target: Target, to: BackTo | null, force: boolean, { read }: QueryContext): Promise<Back> {
  const { service, tier } = target
  if (read.releases.at(target) === null) return refuse(`${words(read.releases.whyNot(service))}.`)
  const { rows } = await read.rollouts.history({ service, tier, limit: lookedThrough, before: null })
  const where = code(targetText(target))
  if (to === null) {
    const wanted = await read.releases.wanted(target)
    if (wanted.kind === 'unknown') return refuse(`nobody knows what ${where} should run now: ${words(wanted.reason)}.`)
    const before = await ranBefore(rows, service, wanted.digest, read)
    if (before !== null) {
      const { release, row } = before
      return back(
        release,
        `every instance ran it, and served, before rollout ${row.id}, ${ago(row.endedAt, read.now())}`,
      )
    }
    const good = goodReleases(rows).find(({ release }) => release.digest !== wanted.digest)
    if (good === undefined) {
      return refuse(
        `there is nothing to go back to: no other release of ${where} was rolled out well from here. ${code(`builds ${service}`)} lists what there is, and ${code(`deploy ${service} ${tier} <tag>`)} rolls one out.`,
      )
    }
    return back(good.release, `rollout ${good.id} left it well, ${ago(good.at, read.now())}`)
  }
  if (to.kind === 'rollout') {
    const row = rows.find(({ id }) => id === to.id)
    if (row === undefined || row.release === null) {
      const what = row === undefined ? `is no ended rollout of ${where}` : 'rolled out no release that is known'
      return refuse(`${to.id} ${what}. ${code(`history ${service} ${tier}`)} lists those that ended.`)
    }
    return judged(row.release)
  }
  const seen = rows.find((row) => row.release?.digest.startsWith(to.digest) === true)?.release ?? null
  if (seen !== null) return judged(seen)
  if (!digestSchema.safeParse(to.digest).success) {
    return refuse(
      `no rollout of ${where} had the release ${code(to.digest)}. Write all 64 digits of one that never ran there, or look it up with ${code(`history ${service} ${tier}`)}.`,
    )
  }
  const resolved = await read.releases.resolve(service, to.digest)
  if (resolved.kind !== 'release') return refuse(`${words(resolved.message)}.`)
  return judged(resolved.release)

  function judged(release: Release): Back {
    const standing = standingOf(rows, release.digest)
    switch (standing.kind) {
      case 'good':
        return back(release, `it is well there since rollout ${standing.id}, ${ago(standing.since, read.now())}`)
      case 'never':
        return back(release, 'nobody has seen it well there')
      case 'failed':
        if (force) return back(release, `it failed there itself, in rollout ${standing.id}`)
        return refuse(
          `${words(releaseText(release))} failed there itself, in rollout ${standing.id}. ${code(`rollback ${service} ${tier}`)} takes the last good one; ${code('--force')} goes back to this one all the same.`,
        )
    }
  }
}

/** How many rollouts are read for what ran before them. */
const mostRead = 20

/** What every instance ran before the last rollout that changed it, whoever had brought it there; null where nobody can say. */
async function ranBefore(
  rows: readonly HistoryRow[],
  service: string,
  wanted: string | null,
  read: QueryContext['read'],
): Promise<{ readonly release: Release; readonly row: HistoryRow } | null> {
  for (const row of rows.filter(mayHaveChanged).slice(0, mostRead)) {
    const rollout = await read.rollouts.get(row.id)
    if (rollout === null) return null
    if (!changedRelease(rollout)) continue
    const digest = ranEverywhere(rollout)
    if (digest === null || failedSince(rows, rows.indexOf(row), digest)) return null
    // It is wanted again already, so this rollout was undone by hand: the change before it counts.
    if (digest === wanted) continue
    const known = rows.find(({ release }) => release?.digest === digest)?.release ?? null
    return { release: known ?? (await describedAs(service, digest, read)), row }
  }
  return null
}

const back = (release: Release, why: string): Back => ({
  kind: 'release',
  release,
  notes: [`Back to ${words(releaseText(release))}: ${why}. Migrations are not undone.`],
})
