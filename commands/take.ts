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
import { personText } from '../src/domain/wording.ts'

export default mutation({
  summary: 'Makes a live rollout yours: you are asked and told from then on, and your own locks no longer hold it.',
  notes: 'Takes the right to deploy its target. Both of you are told in the thread; the history keeps who began it.',
  examples: ['take 12', 'take api production', 'take 12 --reason "ann is at lunch"'],
  positionals: whichRollout,
  flags: { reason: flag(text(), { help: 'Why; it stands in the thread.' }) },
  forms: whichForms,
  right: 'take',
  demands: (args, context) => demandOnLive('take', args, context),
  async answer(args, context) {
    const found = await findLive('take', args, context)
    if (found.kind === 'answer') return found.reply
    const [grant] = context.grants
    if (grant === undefined) return failed('Nothing was taken: nothing was granted.')
    const { rollout } = found
    const more = { rollouts: [rollout.id] }
    const result = await grant.may.take(rollout.id, args.reason)
    switch (result.kind) {
      case 'asked':
        return done(
          `${rolloutName(rollout)} is yours now; it was ${personText(result.from)}'s, who is told in the thread. ${fleetSentence(rollout)}`,
          more,
        )
      case 'already':
        return done(`${rolloutName(rollout)} is yours already. ${fleetSentence(rollout)}`, more)
      case 'over':
        return isOverReply('take', result.rollout, context.read.now())
      case 'none':
        return isGoneReply('take', rollout.id)
    }
  },
})
