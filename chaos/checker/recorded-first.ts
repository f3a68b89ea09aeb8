import { callsIn, type Call } from './calls.ts'
import { clockText, type Evidence, type Violation } from './evidence.ts'
import type { Story, Version } from './story.ts'

/**
 * Invariant 4: a step is recorded before it is done. At the moment of each call the newest record names it: the instance is
 * at the stage that the call belongs to, and no endpoint has heard more calls for it than the record counts.
 */
export function recordedFirst(evidence: Evidence, stories: readonly Story[]): Violation[] {
  const heard = new Map<string, number>()
  return callsIn(evidence).flatMap((call) => {
    const story = rolloutAt(stories, call)
    const main = story?.mainOf.get(call.unit)
    if (story === null || main === undefined) return []
    const known = versionsAt(story, call.at)
    const counted = Math.max(0, ...known.map(({ is }) => is.instances.find(({ unit }) => unit === main)?.calls ?? 0))
    const key = `${story.id} ${main} ${call.endpoint}`
    const calls = (heard.get(key) ?? 0) + 1
    heard.set(key, calls)
    const said = `${call.verb} ${call.unit} reached the fleet at ${clockText(call.at)}`
    if (calls > counted) {
      const message = `${said} as call ${calls} for ${main}, and ${counted === 0 ? 'none' : `only ${counted}`} had been recorded`
      return [{ invariant: 4, rollout: story.id, message }]
    }
    const stages = known.slice(-2).map(({ is }) => is.instances.find(({ unit }) => unit === main)?.stage ?? '')
    if (stages.some((stage) => belongs(call, main, stage))) return []
    const message = `${said} while ${main} was recorded as ${stages.join(', then ')}`
    return [{ invariant: 4, rollout: story.id, message }]
  })
}

/** Stages in which a call may be made: for the instance itself, and for its sidekicks. A last start may end as failed. */
const ofMain: Readonly<Record<string, readonly string[]>> = {
  stop: ['stopping'],
  // A stop that its fleetd missed needs a start before it can be asked for again.
  start: ['starting', 'stopping', 'failed', 'kept'],
  // As a last word, what cannot be taken back is destroyed as it fails.
  destroy: ['removing', 'failed', 'kept'],
}
const ofSidekick: Readonly<Record<string, readonly string[]>> = {
  stop: ['detaching'],
  start: ['attaching', 'detaching', 'failed', 'kept'],
  destroy: ['removing', 'failed', 'kept'],
}

function belongs({ verb, unit }: Call, main: string, stage: string): boolean {
  const stages = (unit === main ? ofMain : ofSidekick)[verb]
  return stages === undefined || stages.includes(stage)
}

/** The records that may have been the newest at that moment, with all before them. */
export const versionsAt = (story: Story, at: number): readonly Version[] =>
  story.versions.filter(({ change }) => change.by - change.slop <= at)

/** The rollout to which a bot's call belongs: the last one on that unit that had begun by then. */
export function rolloutAt(stories: readonly Story[], call: Call): Story | null {
  if (call.pid === null) return null
  const there = stories.filter(({ tier, mainOf, begun }) => {
    const begunBy = begun === null ? Infinity : begun.change.by - begun.change.slop
    return tier === call.tier && mainOf.has(call.unit) && begunBy <= call.at
  })
  return there.at(-1) ?? null
}
