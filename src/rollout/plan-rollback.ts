import type { Config } from '../config/schema.ts'
import { standingOf, type Standing } from '../domain/good-releases.ts'
import type { Plan, PlannedInstance } from '../domain/plan.ts'
import { digestIn, releaseText, type Release } from '../domain/release.ts'
import { targetText, type Target } from '../domain/target.ts'
import { RegistryFault } from '../ports/registry.ts'
import { whole } from '../store/record.ts'
import type { LastGood, Readers } from '../services/capabilities.ts'
import type { PlanInput, Standby } from './plan-input.ts'
import { takenBackAfter } from './settings.ts'

/** What a failed rollout would be taken back to by itself, and why to nothing. */

export interface TakingBack {
  readonly rollback: Plan['rollback']
  /** No rollout is known to have left a release well; what every instance runs and serves now would do. Null otherwise. */
  readonly standby: { readonly afterMs: number } | null
  readonly notes: readonly string[]
}

interface Parts {
  readonly config: Pick<Config, 'services' | 'tiers' | 'engine'>
  readonly releases: Pick<Readers['releases'], 'describe'>
  readonly rollouts: Pick<Readers['rollouts'], 'history'>
}

/** How many ended rollouts of the target are looked through for one that failed with a release. */
const lookedThrough = 50

const nowhere: TakingBack = { rollback: null, standby: null, notes: [] }

/** Throws `StoreUnavailable`. */
export async function takenBackTo(
  to: Release,
  asked: { readonly target: Target; readonly kind: Plan['kind']; readonly good: LastGood | null },
  parts: Pick<Parts, 'config' | 'rollouts'>,
): Promise<TakingBack> {
  const { target, kind, good } = asked
  const afterMs = takenBackAfter(parts.config, target)
  // One that takes back by itself is not taken back in turn.
  if (afterMs === null || kind === 'rollback') return nowhere
  if (good === null || good.release === null) return { ...nowhere, standby: { afterMs } }
  const back = good.release
  // What runs well already is not another release to go back to.
  if (back.digest === to.digest) return nowhere
  const standing = await standingIn(target, back.digest, parts)
  if (standing.kind === 'failed') {
    return held(`${releaseText(back)}, the last good one, failed itself since, in rollout ${standing.id}`)
  }
  return { ...nowhere, rollback: { to: back, id: good.id, afterMs } }
}

/** What stands by, once it is known what the instances say; null where all of them run already what is rolled. Throws `StoreUnavailable`. */
export async function ranBefore(
  { afterMs }: { readonly afterMs: number },
  asked: { readonly target: Target; readonly to: Release; readonly says: readonly (string | null)[] },
  parts: Parts,
): Promise<Standby | null> {
  const { target, to } = asked
  const digests = new Set(asked.says.map((one) => (one === null ? null : digestIn(one))))
  const [digest = null] = digests
  if (digests.size !== 1 || digest === null) return { to: null, afterMs }
  // What runs already is not another release to go back to.
  if (digest === to.digest) return null
  if ((await standingIn(target, digest, parts)).kind === 'failed') return { to: null, afterMs }
  try {
    return { to: await parts.releases.describe(target.service, digest, null), afterMs }
  } catch (error) {
    if (error instanceof RegistryFault) return { to: null, afterMs }
    throw error
  }
}

/** The plan's rollback and notes, once it was seen whether all that stands by is well. Pure. */
export function standBy(
  {
    rollback = null,
    standby = null,
    releaseNotes = [],
    target,
  }: Pick<PlanInput, 'rollback' | 'standby' | 'releaseNotes' | 'target'>,
  planned: readonly PlannedInstance[],
): { readonly rollback: Plan['rollback']; readonly releaseNotes: readonly string[] } {
  if (standby === null) return { rollback, releaseNotes }
  const { to, afterMs } = standby
  if (to !== null && planned.every((one) => one.serving && one.runs === to.digest))
    return { rollback: { to, id: null, afterMs }, releaseNotes }
  const { notes } = held(`no release of ${targetText(target)} was seen to be well`)
  return { rollback: null, releaseNotes: [...releaseNotes, ...notes] }
}

const held = (why: string): TakingBack => ({
  ...nowhere,
  notes: [`should it fail, it is held as it is, and not taken back: ${why}`],
})

async function standingIn(target: Target, digest: string, { rollouts }: Pick<Parts, 'rollouts'>): Promise<Standing> {
  const { rows, unreadable } = await rollouts.history({ ...target, limit: lookedThrough, before: null })
  // An unreadable row may tell of a failure of this very release.
  return standingOf(whole({ records: rows, unreadable }), digest)
}
