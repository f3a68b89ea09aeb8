import { agreedAtTheEnd } from './agreed.ts'
import { aimAt, isLook, pathOf } from './aims.ts'
import { callsIn } from './calls.ts'
import { clockText, type Evidence, type Violation } from './evidence.ts'
import { livesIn, livesOf, type Lives } from './lives.ts'
import { rolloutAt } from './recorded-first.ts'
import { pushes } from './pushes.ts'
import { stillProven, unseenRestart } from './still-proven.ts'
import type { Story } from './story.ts'

/**
 * Invariant 7: nothing is stopped before what the units pull was seen to be the planned release, and who proves healthy says
 * that it runs it. At the end the wanted release, `current` and what instances say that they run agree, or the thread says
 * which do not, as they were last seen.
 */
export function releasesAgree(evidence: Evidence, stories: readonly Story[]): Violation[] {
  const lives = livesIn(evidence)
  return [
    ...stoppedTooEarly(evidence, stories),
    ...stories.flatMap((story) => [...provedOther(story, lives), ...agreedAtTheEnd(evidence, story, lives)]),
    ...pushes(evidence, stories),
    ...stories.flatMap((story) => [...stillProven(evidence, story, lives), ...unseenRestart(story)]),
  ]
}

/** What is seen may be so old when it is acted on, in ms: the bot looks at a settled tag every two seconds. */
const seenMs = 3000

/** By the registry's own answers: since the rollout was for this release, a bot was shown it before the first stop. */
function stoppedTooEarly(evidence: Evidence, stories: readonly Story[]): Violation[] {
  return callsIn(evidence).flatMap((call): Violation[] => {
    const story = call.verb === 'stop' ? rolloutAt(stories, call) : null
    const path = story === null ? null : pathOf(story)
    if (story === null || path === null || !story.mainOf.has(call.unit)) return []
    const known = story.versions.filter(({ change }) => change.by - change.slop <= call.at)
    const aim = known.findLast(() => true)
    const digest = aim === undefined ? null : aimAt(aim)
    const began = known.find(
      (one) => one.change.revision >= (story.begun?.change.revision ?? 0) && aimAt(one) === digest,
    )
    if (began === undefined) return []
    const since = began.change.by - began.change.slop - seenMs
    const seen = evidence.asked.some(
      (one) =>
        isLook(one, path) &&
        one.heard &&
        one.digest === digest &&
        (one.doneAt ?? 0) >= since &&
        (one.doneAt ?? Infinity) <= call.at,
    )
    if (seen) return []
    const message = `stopped ${call.unit} at ${clockText(call.at)}, and the registry had shown no bot by then that the tag names ${digest ?? 'nothing'}`
    return [{ invariant: 7, rollout: story.id, message }]
  })
}

/** By the processes themselves: who proved healthy had run it since its turn came. */
function provedOther(story: Story, lives: Lives): Violation[] {
  if (pathOf(story) === null) return []
  return story.events.flatMap(({ fact, change }): Violation[] => {
    const unit = fact.kind === 'healthy' && typeof fact['unit'] === 'string' ? fact['unit'] : null
    const at = story.versions.findIndex((one) => one.change.revision === change.revision)
    const version = story.versions[at]
    if (unit === null || version === undefined || version.is.ending?.kind === 'aborted') return []
    const waited = story.versions
      .slice(0, at)
      .findLast(({ is }) => is.instances.some((one) => one.unit === unit && one.stage === 'waiting'))
    const since = (waited ?? version).change.by - (waited ?? version).change.slop
    const ran = livesOf(lives, story, unit).filter(({ from, to }) => from <= change.by && to >= since)
    if (ran.some(({ runs }) => runs === aimAt(version))) return []
    const message = `says that ${unit} proved healthy (${clockText(change.by)}), which ran ${ran.map(({ runs }) => runs ?? 'what it did not say').join(', ') || 'nothing'}, and not ${aimAt(version) ?? ''}`
    return [{ invariant: 7, rollout: story.id, message }]
  })
}
