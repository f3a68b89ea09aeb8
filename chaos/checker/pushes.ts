import { clockText, type Evidence, type Violation } from './evidence.ts'
import { pidOf } from './one-driver.ts'
import { aimAt, pathOf } from './aims.ts'
import type { Ownership, Story } from './story.ts'

/** Invariants 1 and 4, of tags: whoever pushes drives a rollout there, whose record says that it moves the tag to just that. */
export function pushes({ asked }: Evidence, stories: readonly Story[]): Violation[] {
  return asked.flatMap(({ method, path, at, digest, pids }): Violation[] => {
    if (method !== 'PUT' || pids.length === 0) return []
    const there = stories.filter(
      (story) =>
        pathOf(story) === path && story.begun !== null && story.begun.change.by - story.begun.change.slop <= at,
    )
    const said = `the tag at ${path} was pushed at ${clockText(at)}`
    const holds = ({ driver, from, to }: Ownership): boolean =>
      pids.includes(pidOf(driver)) && from.by - from.slop <= at && (to === null || at <= to.by)
    const story = there.findLast(({ owners }) => owners.some(holds))
    if (story === undefined) {
      const message = `${said} by a bot that had no right to drive a rollout there then`
      return [{ invariant: 1, rollout: there.at(-1)?.id ?? null, message }]
    }
    const known = story.versions.filter(({ change }) => change.by - change.slop <= at).slice(-2)
    const recorded = known.some(
      (one) => one.is.release?.stage === 'moving' && (digest === null || aimAt(one) === digest),
    )
    if (recorded) return []
    const stages = known.map(({ is }) => is.release?.stage ?? 'none').join(', then ')
    const message = `${said}${digest === null ? '' : ` to ${digest}`} while its release was recorded as ${stages}`
    return [{ invariant: 4, rollout: story.id, message }]
  })
}
