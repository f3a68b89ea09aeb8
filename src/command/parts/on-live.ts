import type { Rollout } from '../../domain/rollout.ts'
import type { Capabilities } from '../../services/capabilities.ts'
import type { NoLongerLive } from '../../services/wish-results.ts'
import type { Reply } from '../context.ts'
import { mutation, type MutationCommand } from '../define.ts'
import { flag, text } from '../fields.ts'
import { failed } from '../text.ts'
import { demandOnLive, findLive, isGoneReply, isOverReply, whichForms, whichNote, whichRollout } from './find-live.ts'

/** The rights that are exercised on one live rollout, each by the command of its name. */
type LiveRight = 'abort' | 'pause' | 'resume' | 'take'

/**
 * A command on one live rollout: named by its number or its target, with a reason, under the right of the same name there.
 * What is not live any more is answered here.
 */
export function onLive<R extends LiveRight, T extends { readonly kind: string }>(command: {
  readonly right: R
  readonly summary: string
  readonly notes: string
  readonly examples: readonly string[]
  act(may: Capabilities[R], id: number, reason: string | null): Promise<T | NoLongerLive>
  say(result: T, rollout: Rollout, now: number): Reply
}): MutationCommand {
  const { right, summary, notes, examples } = command
  return mutation({
    summary,
    notes: `${notes} ${whichNote}`,
    examples,
    positionals: whichRollout,
    flags: { reason: flag(text(), { help: 'Why; it stands in the thread.' }) },
    forms: whichForms,
    right,
    demands: (args, context) => demandOnLive(right, args, context),
    async answer(args, context) {
      const found = await findLive(right, args, context)
      if (found.kind === 'answer') return found.reply
      const [grant] = context.grants
      if (grant === undefined) return failed(`Nothing to ${right}: nothing was granted.`)
      const { rollout } = found
      const now = context.read.now()
      const result = await command.act(grant.may, rollout.id, args.reason)
      if (!isNoLongerLive(result)) return command.say(result, rollout, now)
      return result.kind === 'over' ? isOverReply(right, result.rollout, now) : isGoneReply(right, rollout.id)
    },
  })
}

const isNoLongerLive = (result: { readonly kind: string }): result is NoLongerLive =>
  result.kind === 'over' || result.kind === 'none'
