import type { InstanceState, Rollout } from './rollout.ts'

/** The instances of a target that should exist, by the rollouts that ended. Pure. */

export interface MeantUnit {
  readonly unit: string
  /** The last rollout that had to do with it. */
  readonly id: number
  /** That rollout left it running, did not end well with it, or left it out of its plan. */
  readonly how: 'running' | 'failed' | 'left-out'
  /** It was not wanted running, and the rollout left it so. */
  readonly stopped: boolean
  /** A rollout made it anew, and nobody saw it run since. */
  readonly neverRan: boolean
}

export interface Meant {
  /** The last rollout that counts. */
  readonly id: number
  readonly units: readonly MeantUnit[]
}

/** `rollouts` are the oldest first. Null when none of them began. */
export function meantBy(rollouts: readonly Rollout[]): Meant | null {
  const begun = rollouts.filter((rollout) => rollout.instances.some((one) => one.stage !== 'waiting'))
  const last = begun.at(-1)
  if (last === undefined) return null
  let units: ReadonlyMap<string, MeantUnit> = new Map()
  for (const rollout of begun) units = unitsAfter(rollout, units)
  return { id: last.id, units: [...units.values()] }
}

/** Instances that an older rollout must tell of: this one left them out and knows nothing more. */
export const untouchedIn = ({ plan }: Pick<Rollout, 'plan'>): readonly string[] =>
  (plan.leftOut ?? []).filter((one) => !one.stopped).map((one) => one.unit)

function unitsAfter(rollout: Rollout, before: ReadonlyMap<string, MeantUnit>): ReadonlyMap<string, MeantUnit> {
  const { id, phase, plan, instances } = rollout
  const succeeded = phase === 'succeeded'
  // A success says all that there is to say; a failure changes what it touched.
  const units = new Map(succeeded ? [] : before)
  const known = (unit: string, change: Partial<MeantUnit>): void => {
    const was: MeantUnit = before.get(unit) ?? { unit, id, how: 'failed', stopped: false, neverRan: false }
    units.set(unit, { ...was, ...change })
  }
  const asLeft: Partial<MeantUnit> = succeeded ? { id, how: 'running', stopped: false } : {}
  for (const one of instances) {
    if (isGone(one)) units.delete(one.unit)
    else if (one.replaced)
      known(one.unit, { id, how: one.stage === 'done' ? 'running' : 'failed', stopped: false, neverRan: neverRan(one) })
    else if (!isUnborn(one)) known(one.unit, asLeft)
  }
  for (const unit of plan.others) known(unit, asLeft)
  for (const { unit, stopped } of plan.leftOut ?? []) known(unit, { id, how: 'left-out', stopped })
  return units
}

const isGone = ({ task, stage }: InstanceState): boolean =>
  (task === 'remove' && stage === 'done') || (task === 'take-back' && stage === 'kept')

/** It was to be added, and was not begun. */
const isUnborn = ({ task }: InstanceState): boolean => task === 'add' || task === 'take-back'

const neverRan = ({ machine, drops, upAt }: InstanceState): boolean =>
  machine === null && drops === 0 && upAt === undefined
