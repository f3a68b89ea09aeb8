import { onLive } from '../src/command/parts/on-live.ts'
import { fleetSentence, rolloutName } from '../src/command/parts/rollout-text.ts'
import { done } from '../src/command/text.ts'
import { ago, personText } from '../src/domain/wording.ts'

export default onLive({
  right: 'take',
  summary: 'Makes a live rollout yours: you are asked and told from then on, and your own locks no longer hold it.',
  notes: 'Takes the right to deploy its target. Both of you are told in the thread; the history keeps who began it.',
  examples: ['take 12', 'take api production', 'take 12 --reason "ann is at lunch"'],
  act: (may, id, reason) => may.take(id, reason),
  say(result, rollout, now) {
    const more = { rollouts: [rollout.id] }
    if (result.kind === 'already') {
      const since = result.at === null ? '' : `: you took it over ${ago(result.at, now)}`
      return done(`${rolloutName(rollout)} is yours already${since}. ${fleetSentence(rollout)}`, more)
    }
    return done(
      `${rolloutName(rollout)} is yours now; it was ${personText(result.from)}'s, who is told in the thread. ${fleetSentence(rollout)}`,
      more,
    )
  },
})
