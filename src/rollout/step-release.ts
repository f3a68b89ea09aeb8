import { aimOf } from '../domain/aim.ts'
import { whereText } from '../domain/release-words.ts'
import { digestIn, releaseText, shortDigest, type Proof, type Release } from '../domain/release.ts'
import type { InstanceState, Rollout } from '../domain/rollout.ts'
import type { Draft } from './draft.ts'
import { mayRepeat, refusal, type Look } from './look.ts'
import type { Observation } from './observation.ts'

/** The release of a rollout: that it is what the units pull, before any is stopped, and that each instance runs it afterwards. */

/** Under this name what is known of the calls for it is kept beside that of the units. */
export const wantedName = 'the wanted release'

/** True once it is known which release is wanted, and that nobody else chose it. Until then nothing is begun. */
export function releaseIsKnown(draft: Draft, look: Look): boolean {
  const aim = aimOf(draft.rollout)
  const { release } = draft.rollout
  const seen = look.seen.wanted
  if (aim === null || release === null) return true
  if (seen === null || seen.kind === 'unknown') {
    const reason = seen?.reason ?? 'it is not known yet which release is wanted'
    if (draft.spentMs >= look.patience.silenceMs) draft.hold('release', reason)
    else draft.say(reason)
    return false
  }
  draft.goOn('release', 'it is known again which release is wanted')
  if (seen.digest === aim.to.digest || (seen.digest === aim.from && release.stage !== 'moved')) return true
  const now = seen.digest === null ? 'nothing' : (seen.about ?? shortDigest(seen.digest))
  const reason = `${whereText(aim.at)} names ${now}, and should name ${releaseText(aim.to)}: somebody else moved it`
  draft.end({ kind: 'failed', unit: null, reason })
  return false
}

/** True once the units would pull the release that this rollout is for. Until then nothing may be stopped. */
export function settleRelease(draft: Draft, look: Look): boolean {
  const aim = aimOf(draft.rollout)
  const { release } = draft.rollout
  const seen = look.seen.wanted
  if (aim === null || release === null) return true
  if (seen?.kind === 'known' && seen.digest === aim.to.digest) {
    if (release.stage === 'moved') return true
    draft.set({ release: { ...release, stage: 'moved' } })
    draft.fact({ kind: 'release-moved', to: aim.to, again: release.stage === 'waiting' })
    draft.say(`${whereText(aim.at)} names ${releaseText(aim.to)}`)
    return true
  }
  if (release.stage === 'waiting') draft.fact({ kind: 'release-moving', from: aim.from, to: aim.to })
  if (release.stage === 'waiting' || mayRepeat(wantedName, look)) {
    draft.want({ at: aim.at, from: aim.from, to: aim.to.digest })
  }
  draft.say(`${whereText(aim.at)} was told to name ${releaseText(aim.to)}${refusal(wantedName, look)}`)
  return false
}

type Proven =
  | { readonly kind: 'right'; readonly text: string }
  /** It may still say so. */
  | { readonly kind: 'silent'; readonly note: string }
  | { readonly kind: 'wrong'; readonly reason: string }

/** Whether a healthy instance runs what it should, by its own word. */
export function provenRelease(draft: Draft, unit: string, look: Look): Proven {
  const aim = aimOf(draft.rollout)
  if (aim === null) return { kind: 'right', text: '' }
  if (aim.proof.by === 'none') {
    return { kind: 'right', text: `; it should run ${releaseText(aim.to)}, unverified: it has no way to say so` }
  }
  const says = saysOf(unit, aim.proof, look.seen)
  const digest = runsOf(unit, draft.rollout, look.seen)
  if (digest !== draft.instance(unit).runs) draft.patch(unit, { runs: digest })
  if (digest === aim.to.digest) return { kind: 'right', text: `; it runs ${releaseText(aim.to)}` }
  if (says === null) {
    return { kind: 'silent', note: `runs, but does not say which release (${proofText(aim.proof)})` }
  }
  const reason = `runs ${digest === null ? says : shortDigest(digest)}, and should run ${releaseText(aim.to)}`
  // A key may hold the word of the process of before for a while.
  return aim.proof.by === 'key' ? { kind: 'silent', note: reason } : { kind: 'wrong', reason }
}

/** Says of each instance once that it runs the new release before its turn: it crashed, or fleet moved it. */
export function sayEarly(draft: Draft, look: Look): void {
  const aim = aimOf(draft.rollout)
  if (aim === null || aim.proof.by === 'none' || draft.rollout.release?.stage !== 'moved') return
  if (aim.from === aim.to.digest) return
  for (const one of draft.rollout.instances) {
    if (one.stage !== 'waiting') continue
    const digest = runsOf(one.unit, draft.rollout, look.seen)
    if (digest === null || digest === one.runs) continue
    draft.patch(one.unit, { runs: digest })
    if (digest === aim.to.digest) draft.fact({ kind: 'early', unit: one.unit, to: aim.to })
  }
}

/** The digest of what an instance says that it runs; null when it says nothing, or what nobody knows. */
export function runsOf(unit: string, rollout: Pick<Rollout, 'plan'>, seen: Observation): string | null {
  const proof = rollout.plan.release?.proof
  const says = proof === undefined ? null : saysOf(unit, proof, seen)
  return proof === undefined || says === null ? null : digestFor(proof, says, rollout)
}

function saysOf(unit: string, proof: Proof, seen: Observation): string | null {
  if (proof.by === 'key') return seen.announced.get(unit) ?? null
  const health = seen.health.get(unit)
  const view = seen.cluster.kind === 'known' ? seen.cluster.units.get(unit) : undefined
  if (health?.last.kind !== 'healthy' || health.stateSince !== view?.sameFor.since) return null
  return health.last.says ?? null
}

function digestFor(proof: Proof, says: string, { plan }: Pick<Rollout, 'plan'>): string | null {
  if (proof.by !== 'label') return digestIn(says)
  const known: readonly Release[] = [plan.release?.to ?? [], plan.rollback?.to ?? []].flat()
  return known.find((one) => one[proof.label] === says)?.digest ?? null
}

function proofText(proof: Proof): string {
  switch (proof.by) {
    case 'health':
    case 'label':
      return `its health answer has no field ${proof.field}`
    case 'key':
      return `nothing is at ${proof.key}`
    case 'none':
      return 'it has no way to say so'
  }
}

/** It may run the new release: it was started anew, or says so. */
export const isChanged = (instance: InstanceState, rollout: Pick<Rollout, 'plan'>): boolean =>
  instance.replaced || (instance.runs !== null && instance.runs === rollout.plan.release?.to.digest)
