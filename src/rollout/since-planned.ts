import { isTakenBack, type Rollout } from '../domain/rollout.ts'
import type { UnitView } from '../ports/scheduler.ts'

/** Another wish than the planned one, in words. */
interface Changed {
  readonly seems: string
  readonly is: string
  /** What somebody else did to it. */
  readonly did: string
}

/** Another wish stands than the plan was made for; null when it is as planned. */
export function changedSince(rollout: Rollout, unit: string, view: UnitView | undefined): Changed | null {
  const launched = view?.wanted === 'launched'
  switch (rollout.instances.find((one) => one.unit === unit)?.task) {
    case 'add':
      return launched ? { seems: 'is there already as it seems', is: 'is there already', did: 'started' } : null
    case 'remove':
      return null
    default:
      // One that failed and is taken back may have been left stopped.
      if (launched || startsStopped(rollout, unit) || isTakenBack(rollout)) return null
      if (view === undefined || view.wanted === 'absent')
        return { seems: 'is not in fleet any more as it seems', is: 'is not in fleet any more', did: 'destroyed' }
      return { seems: 'is not wanted running as it seems', is: 'is no longer wanted', did: 'stopped' }
  }
}

const startsStopped = (rollout: Rollout, unit: string): boolean =>
  rollout.plan.batches.some((batch) => batch.some((one) => one.unit === unit && one.stopped))
