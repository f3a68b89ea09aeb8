import { duration, flag, text } from '../src/command/fields.ts'
import { mutation } from '../src/command/define.ts'
import {
  demandOnLive,
  findLive,
  isGoneReply,
  isOverReply,
  whichForms,
  whichRollout,
} from '../src/command/parts/find-live.ts'
import { rolloutName } from '../src/command/parts/rollout-text.ts'
import { done, failed, refused } from '../src/command/text.ts'
import { durationText } from '../src/domain/duration.ts'
import { ago, code, personText } from '../src/domain/wording.ts'

export default mutation({
  summary: 'Lets a rollout go on that waits for time to pass: past its canary, or with taking itself back.',
  notes:
    'With --in it goes on that much later instead of at once, which also extends the countdown. A paused one goes on with `resume`. In the thread of a rollout it needs no number.',
  examples: ['continue 12', 'continue api production', 'continue 12 --in 5m --reason "looking at the logs"'],
  positionals: whichRollout,
  flags: {
    in: flag(duration(1000, 3_600_000), { help: 'After this long, such as 5m; at once unless given.' }),
    reason: flag(text(), { help: 'Why.' }),
  },
  forms: whichForms,
  right: 'continue',
  demands: (args, context) => demandOnLive('continue', args, context),
  async answer(args, context) {
    const found = await findLive('continue', args, context)
    if (found.kind === 'answer') return found.reply
    const [grant] = context.grants
    if (grant === undefined) return failed('Nothing to continue: nothing was granted.')
    const { rollout } = found
    const more = { rollouts: [rollout.id] }
    const result = await grant.may.go(rollout.id, args.in ?? 0, args.reason)
    switch (result.kind) {
      case 'asked': {
        const when = args.in === null ? 'goes on at once' : `goes on in ${durationText(args.in)}`
        return done(`${rolloutName(rollout)} ${when}; its thread says so.`, more)
      }
      case 'already':
        return done(
          `${personText(result.by)} let ${rolloutName(rollout)} go on ${ago(result.at, context.read.now())}; its thread says so.`,
          more,
        )
      case 'not-waiting':
        return refused(
          `${rolloutName(rollout)} does not wait for time to pass: nothing to continue. ${code(`show ${rollout.id}`)} says what it does, ${code(`resume ${rollout.id}`)} ends a pause.`,
        )
      case 'over':
        return isOverReply('continue', result.rollout, context.read.now())
      case 'none':
        return isGoneReply('continue', rollout.id)
    }
  },
})
