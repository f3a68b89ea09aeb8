import type { Config } from '../config/schema.ts'
import { standingOf } from '../domain/good-releases.ts'
import type { Plan, PlannedInstance, PlannedRelease } from '../domain/plan.ts'
import { releaseText, type Release } from '../domain/release.ts'
import { targetText, type Target } from '../domain/target.ts'
import { RegistryFault } from '../ports/registry.ts'
import type { LastGood, Readers } from '../services/capabilities.ts'
import type { PlanInput } from './plan-input.ts'
import { takenBackAfter } from './settings.ts'

/** What a failed rollout would be taken back to by itself, and why to nothing. */

export interface TakingBack {
  readonly rollback: Plan['rollback']
  /**
   * What is wanted before it, of which no rollout is known that left it well: it serves as well if every instance runs it
   * and is well now. Null where there is a rollback, or none is wanted.
   */
  readonly standby: { readonly to: Release; readonly afterMs: number } | null
  readonly notes: readonly string[]
}

interface Parts {
  readonly config: Pick<Config, 'services' | 'tiers' | 'engine'>
  readonly releases: Pick<Readers['releases'], 'describe' | 'at'>
  readonly rollouts: Pick<Readers['rollouts'], 'history'>
}

/** How many ended rollouts of the target are looked through for one that failed with a release. */
const lookedThrough = 50

const nowhere: TakingBack = { rollback: null, standby: null, notes: [] }

/** Throws `StoreUnavailable`. */
export async function takenBackTo(
  { from, to, proof }: PlannedRelease,
  asked: { readonly target: Target; readonly kind: Plan['kind']; readonly good: LastGood | null },
  parts: Parts,
): Promise<TakingBack> {
  const { target, kind, good } = asked
  const afterMs = takenBackAfter(parts.config, target)
  // One that takes back by itself is not taken back in turn.
  if (afterMs === null || kind === 'rollback') return nowhere
  const back = good?.release ?? null
  // What runs well already is not another release to go back to.
  if (back?.digest === to.digest) return nowhere
  const digest = back?.digest ?? from
  if (digest === null || digest === to.digest || (back === null && proof.by === 'none')) return held(noneSeen(target))
  const { rows } = await parts.rollouts.history({ ...target, limit: lookedThrough, before: null })
  const standing = standingOf(rows, digest)
  if (good === null || back === null) {
    if (standing.kind === 'failed') return held(noneSeen(target))
    const before = await releaseOf(target, digest, parts)
    return before === null ? held(noneSeen(target)) : { ...nowhere, standby: { to: before, afterMs } }
  }
  if (standing.kind === 'failed') {
    return held(`${releaseText(back)}, the last good one, failed itself since, in rollout ${standing.id}`)
  }
  return { ...nowhere, rollback: { to: back, id: good.id, afterMs } }
}

/** The same, once it was seen what the instances run. Pure. */
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
  const well = planned.every((one) => one.serving && one.runs === to.digest)
  return well
    ? { rollback: { to, id: null, afterMs }, releaseNotes }
    : { rollback: null, releaseNotes: [...releaseNotes, ...held(noneSeen(target)).notes] }
}

const noneSeen = (target: Target): string => `no release of ${targetText(target)} was seen to be well`

const held = (why: string): TakingBack => ({
  ...nowhere,
  notes: [`should it fail, it is held as it is, and not taken back: ${why}`],
})

async function releaseOf(target: Target, digest: string, { releases }: Parts): Promise<Release | null> {
  const at = releases.at(target)
  try {
    return await releases.describe(target.service, digest, at?.by === 'tag' ? at.tag : null)
  } catch (error) {
    if (error instanceof RegistryFault) return null
    throw error
  }
}
