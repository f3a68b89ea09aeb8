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
import { fleetSentence, rolloutName, rolloutVerdict } from '../src/command/parts/rollout-text.ts'
import { done, failed, refused } from '../src/command/text.ts'
import { code } from '../src/domain/wording.ts'

export default mutation({
  summary: 'Lets a paused rollout go on where it stands.',
  notes: 'A lock of somebody else holds it all the same: `locks` shows them.',
  examples: ['resume 12', 'resume api production', 'resume 12 --reason "graphs are fine"'],
  positionals: whichRollout,
  flags: { reason: flag(text(), { help: 'Why; it stands in the thread.' }) },
  forms: whichForms,
  right: 'resume',
  demands: (args, context) => demandOnLive('resume', args, context),
  async answer(args, context) {
    const found = await findLive('resume', args, context)
    if (found.kind === 'answer') return found.reply
    const [grant] = context.grants
    if (grant === undefined) return failed('Nothing was resumed: nothing was granted.')
    const { rollout } = found
    const now = context.read.now()
    const result = await grant.may.resume(rollout.id, args.reason)
    switch (result.kind) {
      case 'asked':
        return done(`${rolloutName(rollout)} goes on. ${fleetSentence(rollout)}`, { rollouts: [rollout.id] })
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
      case 'over':
        return isOverReply('resume', result.rollout, now)
      case 'none':
        return isGoneReply('resume', rollout.id)
    }
  },
})
