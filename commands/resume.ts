import { onLive } from '../src/command/parts/on-live.ts'
import { fleetSentence, rolloutName, rolloutVerdict } from '../src/command/parts/rollout-text.ts'
import { done, refused } from '../src/command/text.ts'
import { ago, code, personText } from '../src/domain/wording.ts'

export default onLive({
  right: 'resume',
  summary: 'Lets a paused rollout go on where it stands.',
  notes: 'A lock of somebody else, or a stop of its tier, holds it all the same: `locks` shows them.',
  examples: ['resume 12', 'resume api production', 'resume 12 --reason "graphs are fine"'],
  act: (may, id, reason) => may.resume(id, reason),
  say(result, rollout, now) {
    switch (result.kind) {
      case 'asked':
        if (result.stopped) {
          return done(
            `${rolloutName(rollout)} is paused by itself no longer, but all of ${rollout.plan.tier} is stopped: ${code(`go ${rollout.plan.tier}`)} lets it go on. ${fleetSentence(rollout)}`,
            { rollouts: [rollout.id] },
          )
        }
        return done(`${rolloutName(rollout)} goes on. ${fleetSentence(rollout)}`, { rollouts: [rollout.id] })
      case 'already':
        return done(
          `${rolloutName(rollout)} goes on already: ${personText(result.by)} resumed it ${ago(result.at, now)}. ${fleetSentence(rollout)}`,
          { rollouts: [rollout.id] },
        )
      case 'not-paused':
        if (result.stopped) {
          return refused(
            `${rolloutVerdict(rollout, now)} It is not paused by itself: ${code(`go ${rollout.plan.tier}`)} lets the whole tier go on.`,
          )
        }
        return refused(
          `${rolloutVerdict({ ...rollout, pause: null, phase: 'rolling' }, now)} It is not paused: nothing to resume.`,
        )
      case 'ending':
        return refused(`${rolloutName(rollout)} is ending already: nothing to resume. ${fleetSentence(rollout)}`)
    }
  },
})
