import { callsIn, type Call } from './calls.ts'
import { clockText, type Evidence, type Violation } from './evidence.ts'
import { grouped } from './grouped.ts'
import { isWaiting, type Ownership, type Story } from './story.ts'

/** Invariant 1: at most one process acts on a rollout, and at most one rollout acts on a target. */
export function oneDriver(evidence: Evidence, stories: readonly Story[]): Violation[] {
  return [...stories.flatMap(writesOfOthers), ...oneOnATarget(stories), ...callsOfOthers(evidence, stories)]
}

export const pidOf = (driver: string): number => Number(driver.slice(driver.lastIndexOf(':') + 1))

/** After its creation, a record is written only while somebody has the right to drive it: by etcd's own order. */
function writesOfOthers(story: Story): Violation[] {
  return story.versions.slice(1).flatMap(({ change, is }) => {
    const owned = story.owners.some(
      ({ from, to }) => from.revision < change.revision && (to === null || change.revision < to.revision),
    )
    // What waits in a queue has no driver.
    if (owned || isWaiting(is.phase)) return []
    const message = `was written at revision ${change.revision} (${clockText(change.by)}) while nobody had the right to drive it`
    return [{ invariant: 1, rollout: story.id, message }]
  })
}

function oneOnATarget(stories: readonly Story[]): Violation[] {
  const found: Violation[] = []
  for (const [target, there] of grouped(stories, (story) => story.target)) {
    const spans = there.flatMap((story) => {
      const { begun } = story
      return begun === null
        ? []
        : [{ story, from: begun.change.revision, to: story.ended?.change.revision ?? Infinity }]
    })
    for (const one of spans) {
      for (const other of spans) {
        if (one.story.id >= other.story.id || one.to < other.from || other.to < one.from) continue
        const message = `and rollout ${other.story.id} were live on ${target} at the same time`
        found.push({ invariant: 1, rollout: one.story.id, message })
      }
    }
  }
  return found
}

/**
 * Each mutating call comes from a process that had, at that moment, the right to drive a rollout there. A call can belong
 * only to a rollout that had begun by then.
 */
function callsOfOthers(evidence: Evidence, stories: readonly Story[]): Violation[] {
  return callsIn(evidence).flatMap((call): Violation[] => {
    const there = stories.filter((story) => hadBegun(story, call))
    const holds = ({ driver, from, to }: Ownership): boolean =>
      pidOf(driver) === call.pid && from.by - from.slop <= call.at && (to === null || call.at <= to.by)
    if (call.pid !== null && there.some((story) => story.owners.some(holds))) return []
    const live = there.filter(({ ended }) => ended === null || ended.change.by >= call.at)
    const said = `${call.verb} ${call.unit} reached the fleet at ${clockText(call.at)} from ${callerText(call)}`
    if (call.pid === null || live.length === 0) {
      const during = live.map(({ id }) => `rollout ${id}`).join(', ') || 'no rollout'
      const message = `${said}, which drives no rollout; ${during} was in progress on that unit then`
      return [{ invariant: 1, rollout: null, at: call.at, message }]
    }
    const rights = live.flatMap((story) => story.owners.map((owner) => rightText(story, owner))).join('; ')
    const message = `${said}, which had no right to drive a rollout there then (rights: ${rights})`
    return [{ invariant: 1, rollout: live.at(-1)?.id ?? null, message }]
  })
}

const hadBegun = ({ begun, mainOf, tier }: Story, call: Call): boolean =>
  begun !== null && tier === call.tier && mainOf.has(call.unit) && begun.change.by - begun.change.slop <= call.at

const callerText = ({ pid, home }: Call): string =>
  pid === null ? `an unknown process (HOME ${home ?? 'unset'})` : `process ${pid}`

const rightText = ({ id }: Story, { driver, from, to }: Ownership): string =>
  `${driver} rollout ${id} from ${clockText(from.by)} to ${to === null ? 'now' : clockText(to.by)}`
