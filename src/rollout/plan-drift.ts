import { restartText } from '../domain/drift-memory.ts'
import { driftOf } from '../domain/drift.ts'
import type { UnitView } from '../ports/scheduler.ts'
import { isUp } from './observation.ts'
import { isMoving, type PlanInput } from './plan-input.ts'

/**
 * What has parted from what the last rollout left, as far as no other note says it: what is down or idle, runs another release
 * or an old unit file is told with what this plan does about it. Nothing while a rollout is under way: what parts is what it does.
 */
export function driftNotes(input: PlanInput, found: readonly UnitView[]): readonly string[] {
  if (input.live !== null) return []
  const { release, good = null, left = null, restarts = [] } = input
  const instances = found.map((unit) => ({
    unit: unit.unit,
    wanted: unit.wanted === 'launched' || isMoving(unit, input),
    running: isUp(unit),
    says: null,
    oldFile: false,
    file: null,
    everywhere: false,
  }))
  const parted = driftOf({ at: release?.at ?? null, wanted: release?.from, good, left, rolled: true, instances })
    .filter(({ kind }) => kind === 'wanted' || kind === 'missing' || kind === 'extra')
    .map(({ text }) => text)
  return [...parted, ...restarts.map(restartText)]
}
