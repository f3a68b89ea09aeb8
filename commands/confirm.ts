import { answer, demand, mutation, type QueryContext } from '../src/command/define.ts'
import { flag, optional, rolloutId, text } from '../src/command/fields.ts'
import { idOrThread } from '../src/command/parts/in-thread.ts'
import { rolloutName, rolloutVerdict } from '../src/command/parts/rollout-text.ts'
import type { Reply } from '../src/command/context.ts'
import { done, failed, refused } from '../src/command/text.ts'
import { rightTo, tagOf, type Rollout } from '../src/domain/rollout.ts'
import { code, personText, words } from '../src/domain/wording.ts'

export default mutation({
  summary: 'Says yes to the plan of a waiting rollout, when it changed while it waited or something stands in its way.',
  notes:
    'It takes the right that the rollout itself takes. The yes is to the plan that the thread shows now: should that change once more before it begins, it is shown again. In the thread of a rollout it needs no number.',
  examples: ['confirm 12', 'confirm 12 --plan 1f0c9a77b2d4'],
  positionals: { id: optional(rolloutId()) },
  flags: { plan: flag(text({ word: 'hash' }), { help: 'Only if it still shows this plan; the button says so.' }) },
  right: ['deploy', 'restart', 'rollback', 'promote', 'scale', 'retry'],
  async demands({ id }, context) {
    const found = await findWaiting(id, context)
    if (found.kind === 'answer') return answer(found.reply)
    const { plan, retryOf } = found.rollout
    const target = { service: plan.service, tier: plan.tier }
    const first = retryOf === null ? null : await context.read.rollouts.get(retryOf)
    return demand({
      right: rightTo(found.rollout),
      scope: { kind: 'target', target },
      owner: first?.requestedBy.id ?? null,
      tag: tagOf(found.rollout),
      ...(retryOf === null ? {} : { rolls: plan.kind }),
    })
  },
  async answer(args, context) {
    const found = await findWaiting(args.id, context)
    if (found.kind === 'answer') return found.reply
    const [grant] = context.grants
    if (grant === undefined) return failed('Nothing was confirmed: nothing was granted.')
    const { rollout } = found
    const more = { rollouts: [rollout.id] }
    const result = await grant.may.confirm(rollout.id, args.plan)
    switch (result.kind) {
      case 'confirmed': {
        const past = result.obstacles.map((one) => ` Going on all the same: ${words(one.message)}.`).join('')
        return done(
          `${rolloutName(rollout)} begins with plan ${code(result.hash)}, unless it changes once more; follow it in its thread.${past}`,
          more,
        )
      }
      case 'already':
        return done(`${personText(result.by)} has said yes already: ${rolloutName(rollout)} begins in a moment.`, more)
      case 'changed':
        return refused(
          `Nothing was confirmed: rollout ${rollout.id} shows plan ${code(result.hash)} by now. Look at its thread; ${code(`confirm ${rollout.id}`)} says yes to that one.`,
        )
      case 'not-asked':
        return notAsked(result.rollout, context.read.now())
      case 'none':
        return refused(`There is no rollout ${rollout.id} any more: nothing to confirm.`)
    }
  },
})

type Found = { readonly kind: 'asks'; readonly rollout: Rollout } | { readonly kind: 'answer'; readonly reply: Reply }

async function findWaiting(typed: number | null, context: QueryContext): Promise<Found> {
  const which = await idOrThread('confirm', typed, (rollout) => rollout.waiting?.for.kind === 'yes', context)
  if (which.kind === 'answer') return which
  const { read } = context
  const { id } = which
  const rollout = await read.rollouts.get(id)
  if (rollout === null) {
    return { kind: 'answer', reply: refused(`There is no rollout ${id}: ${code('queue')} lists those that wait.`) }
  }
  if (rollout.waiting?.for.kind === 'yes') return { kind: 'asks', rollout }
  return { kind: 'answer', reply: notAsked(rollout, read.now()) }
}

const notAsked = (rollout: Rollout, now: number): Reply =>
  refused(`Nothing to confirm: nobody is asked for a yes to it. ${rolloutVerdict(rollout, now)}`)
