import { onLive } from '../src/command/parts/on-live.ts'
import { fleetSentence, rolloutName } from '../src/command/parts/rollout-text.ts'
import { done } from '../src/command/text.ts'
import { isWaiting } from '../src/domain/rollout.ts'
import { abortText, ago, code, personText } from '../src/domain/wording.ts'

export default onLive({
  right: 'abort',
  summary:
    'Ends a live rollout at once: what is under way is brought back up, nothing new begins. Takes a waiting one out.',
  notes:
    'Nothing is rolled back: the answer says what was replaced and what was not. What a scale had half started is taken back. `retry` takes up the rest.',
  examples: ['abort 12', 'abort api production', 'abort 12 --reason "wrong image"'],
  act: (may, id, reason) => may.abort(id, reason),
  say(result, rollout, now) {
    const { id, plan } = rollout
    const more = { rollouts: [id] }
    if (result.kind === 'already') {
      const by = `${personText(result.by)}, ${ago(result.at, now)}`
      return done(`${rolloutName(rollout)} is already being aborted, by ${by}. ${fleetSentence(rollout)}`, more)
    }
    if (isWaiting(rollout)) {
      const queue = code(`queue ${plan.service} ${plan.tier}`)
      return done(`${rolloutName(rollout)} leaves the queue, and nothing was done. ${queue} lists who waits.`, more)
    }
    return done(
      `${rolloutName(rollout)} ends now: ${abortText(plan)}, nothing new begins. ${fleetSentence(rollout)} ${code(`show ${id}`)} tells how it ended, ${code(`retry ${id}`)} does the rest.`,
      more,
    )
  },
})
