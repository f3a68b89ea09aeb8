import type { Plan } from './plan.ts'
import type { Rollout } from './rollout.ts'

/** What decides whether two requests ask for the same. */
export interface Requested extends Pick<Rollout, 'plan' | 'typed' | 'retryOf'> {
  readonly next: readonly string[]
}

/**
 * Whether the second request would do nothing that the first does not do: the same kind of rollout with the same options,
 * of the same instances, to the same digest (a scale: to the same number). Without a known digest they are never the same,
 * because a tag may name another image by then. Pure.
 */
export function isSameRequest(a: Requested, b: Requested): boolean {
  if (a.retryOf !== null || b.retryOf !== null || a.plan.kind !== b.plan.kind) return false
  const same = a.plan.kind === 'scale' ? isSameScale(a.plan, b.plan) : isSameRelease(a.plan, b.plan)
  return same && optionsOf(a) === optionsOf(b)
}

const isSameScale = (a: Plan, b: Plan): boolean => a.scale !== null && a.scale.to === b.scale?.to

const isSameRelease = (a: Plan, b: Plan): boolean =>
  a.release !== null && a.release.to.digest === b.release?.to.digest && unitsOf(a) === unitsOf(b)

/** Which instances are rolled, and which are not. */
const unitsOf = ({ batches, others }: Plan): string =>
  JSON.stringify([
    batches
      .flat()
      .map((one) => one.unit)
      .toSorted(),
    others.toSorted(),
  ])

const optionsOf = ({ typed, next }: Requested): string =>
  JSON.stringify([typed.batch, typed.canary, typed.force, typed.units ?? false, next])
