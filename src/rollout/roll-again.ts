import { aimOf } from '../domain/aim.ts'
import { shortDigest } from '../domain/release.ts'
import { isTakenBack, type Rollout } from '../domain/rollout.ts'
import type { Draft } from './draft.ts'
import type { Look } from './look.ts'
import { isUp, stateText } from './observation.ts'
import { isAway } from './serving.ts'
import { runsOf } from './step-release.ts'
import { rolledBack } from './take-back.ts'

/**
 * While a rollout is taken back, an instance that starts by itself before the wanted release is back gets the bad one once more.
 * So all of them are looked at again after that, also those that had not been changed.
 */

interface Stray {
  readonly unit: string
  readonly why: string
  readonly away: boolean
}

/** Those that do not run what it was taken back to, down ones first, and were not rolled once more yet. */
export function straysOf(rollout: Rollout, look: Look): readonly Stray[] {
  const { rollback, release, instances } = rollout
  if (!isTakenBack(rollout) || release?.stage !== 'moved') return []
  const strays = instances
    .filter((one) => (one.stage === 'kept' || one.stage === 'done') && rollback?.again.includes(one.unit) !== true)
    .flatMap(({ unit }) => flawOf(unit, rollout, look) ?? [])
  return [...strays.filter(({ away }) => away), ...strays.filter(({ away }) => !away)]
}

/** They are rolled in this batch, where the wanted release is known to be back: each of them once more at the most. */
export function rollAgain(draft: Draft, strays: readonly Stray[], { moment }: Look): void {
  const { rollback, batch } = draft.rollout
  const aim = aimOf(draft.rollout)
  if (rollback === null || aim === null) return
  const units = strays.map(({ unit }) => unit)
  draft.set({
    rollback: { ...rollback, again: [...rollback.again, ...units] },
    instances: draft.rollout.instances.map((one) => (units.includes(one.unit) ? rolledBack(one, batch, moment) : one)),
  })
  draft.comeOn()
  draft.fact({ kind: 'rolled-again', to: aim.to, strays: strays.map(({ unit, why }) => ({ unit, why })) })
  draft.say(`rolled once more: ${units.join(', ')}`)
}

/** What is wrong with it that a start with what is wanted by now would mend; null when nothing is. */
function flawOf(unit: string, rollout: Rollout, look: Look): Stray | null {
  const view = look.units.get(unit)
  // One that somebody stopped is not for this to start.
  if (view?.wanted !== 'launched') return null
  const runs = isUp(view) ? runsOf(unit, rollout, look.seen) : null
  if (runs !== null && runs !== aimOf(rollout)?.to.digest)
    return { unit, why: `runs ${shortDigest(runs)}`, away: false }
  const steady = look.moment.monotonic - view.sameFor.since >= look.patience.graceMs
  if (view.sameFor.views < look.patience.views || !steady || !isAway(unit, rollout, look)) return null
  // It may well be the bad release that does not come up, and cannot say so.
  return { unit, why: isUp(view) ? 'is not well' : `does not run (${stateText(view)})`, away: true }
}
