import { aimOf, rolledNow } from '../domain/aim.ts'
import { releaseText, shortDigest, type Proof } from '../domain/release.ts'
import type { Draft } from './draft.ts'
import { isUp, type Observation } from './observation.ts'
import { runsOf } from './step-release.ts'

/** What is wanted and what runs as a rollout ends: its last words are of this, and not of what was planned. */

/** Keeps what is seen now: what the wanted release names, and what each instance says. */
export function keepLastLook(draft: Draft, seen: Observation): void {
  const { release, plan, instances } = draft.rollout
  if (release === null || plan.release === null) return
  if (seen.wanted?.kind === 'known') draft.set({ release: { ...release, names: seen.wanted.digest } })
  for (const { unit, runs } of instances) {
    const digest = runsOf(unit, draft.rollout, seen)
    const now = digest ?? (saysNothing(unit, plan.release.proof, seen) ? null : runs)
    if (now !== runs) draft.patch(unit, { runs: now })
  }
}

/** It is down, or sick: what it said before may be the word of another process. */
function saysNothing(unit: string, proof: Proof, { cluster, health }: Observation): boolean {
  if (cluster.kind === 'unknown' || proof.by === 'key' || proof.by === 'none') return false
  const view = cluster.units.get(unit)
  const answer = health.get(unit)
  if (view === undefined || !isUp(view)) return true
  return answer?.stateSince === view.sameFor.since && answer.last.kind === 'unhealthy'
}

/** An instance that was proven, and says by now that it runs something else: somebody or something started it again. */
export function strayIn(draft: Draft, seen: Observation): { readonly unit: string; readonly reason: string } | null {
  const aim = aimOf(draft.rollout)
  if (aim === null) return null
  for (const { unit, stage } of rolledNow(draft.rollout)) {
    const digest = stage === 'done' ? runsOf(unit, draft.rollout, seen) : null
    if (digest === null || digest === aim.to.digest) continue
    const reason = `was replaced, and was started again: it runs ${shortDigest(digest)} by now, and should run ${releaseText(aim.to)}`
    return { unit, reason }
  }
  return null
}
