import { mutation } from '../src/command/define.ts'
import { flag, text } from '../src/command/fields.ts'
import {
  demandOnLive,
  findLive,
  isGoneReply,
  isOverReply,
  whichForms,
  whichRollout,
} from '../src/command/parts/find-live.ts'
import { fleetSentence, rolloutName } from '../src/command/parts/rollout-text.ts'
import { done, failed } from '../src/command/text.ts'
import { isWaiting } from '../src/domain/rollout.ts'
import { abortText, code } from '../src/domain/wording.ts'

export default mutation({
  summary:
    'Ends a live rollout at once: what is under way is brought back up, nothing new begins. Takes a waiting one out.',
  notes:
    'Nothing is rolled back: the answer says what was replaced and what was not. What a scale had half started is taken back. `retry` takes up the rest.',
  examples: ['abort 12', 'abort api production', 'abort 12 --reason "wrong image"'],
  positionals: whichRollout,
  flags: { reason: flag(text(), { help: 'Why; it stands in the thread.' }) },
  forms: whichForms,
  right: 'abort',
  demands: (args, context) => demandOnLive('abort', args, context),
  async answer(args, context) {
    const found = await findLive('abort', args, context)
    if (found.kind === 'answer') return found.reply
    const [grant] = context.grants
    if (grant === undefined) return failed('Nothing was aborted: nothing was granted.')
    const { rollout } = found
    const more = { rollouts: [rollout.id] }
    const result = await grant.may.abort(rollout.id, args.reason)
    switch (result.kind) {
      case 'asked':
        if (isWaiting(rollout)) {
          return done(
            `${rolloutName(rollout)} leaves the queue, and nothing was done. ${code(`queue ${rollout.plan.service} ${rollout.plan.tier}`)} lists who waits.`,
            more,
          )
        }
        return done(
          `${rolloutName(rollout)} ends now: ${abortText(rollout.plan)}, nothing new begins. ${fleetSentence(rollout)} ${code(`show ${rollout.id}`)} tells how it ended, ${code(`retry ${rollout.id}`)} does the rest.`,
          more,
        )
      case 'already':
        return done(
          `${rolloutName(rollout)} is already being aborted, by ${result.by}. ${fleetSentence(rollout)}`,
          more,
        )
      case 'over':
        return isOverReply('abort', result.rollout, context.read.now())
      case 'none':
        return isGoneReply('abort', rollout.id)
    }
  },
})
