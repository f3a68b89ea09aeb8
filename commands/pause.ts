import { onLive } from '../src/command/parts/on-live.ts'
import { fleetSentence, rolloutName } from '../src/command/parts/rollout-text.ts'
import { done, refused } from '../src/command/text.ts'
import { inFlight, type Rollout } from '../src/domain/rollout.ts'
import { ago, code, personText, series, shortUnit } from '../src/domain/wording.ts'

export default onLive({
  right: 'pause',
  summary: 'Holds a live rollout: what is under way is brought to its end, nothing new begins until `resume`.',
  notes:
    'A paused rollout keeps its target, and no time limit of its own runs meanwhile. `abort` ends it where it stands.',
  examples: ['pause 12', 'pause api production', 'pause 12 --reason "looking at the graphs"'],
  act: (may, id, reason) => may.pause(id, reason),
  say(result, rollout, now) {
    const more = { rollouts: [rollout.id] }
    switch (result.kind) {
      case 'asked':
        return done(
          `${rolloutName(rollout)} is being paused: ${stepText(rollout)}. ${fleetSentence(rollout)} ${code(`resume ${rollout.id}`)} lets it go on.`,
          more,
        )
      case 'already':
        return done(
          `${rolloutName(rollout)} is paused already, by ${personText(result.by)}, ${ago(result.at, now)}. ${fleetSentence(rollout)} ${code(`resume ${rollout.id}`)} lets it go on.`,
          more,
        )
      case 'ending':
        return refused(`${rolloutName(rollout)} is ending already: nothing to pause. ${fleetSentence(rollout)}`)
    }
  },
})

/** What still happens before it rests. */
function stepText(rollout: Rollout): string {
  const moving = rollout.instances.filter(inFlight).map((one) => shortUnit(one.unit))
  if (moving.length === 0) return 'nothing is under way, and nothing new begins'
  const first = `${series(moving)} ${moving.length === 1 ? 'is' : 'are'} brought to ${moving.length === 1 ? 'its' : 'their'} end first`
  return rollout.instances.some((one) => one.stage === 'waiting')
    ? `${first}, then nothing new begins`
    : `${first}, and as nothing is left to begin, the rollout ends with that`
}
