import { answer, demand, mutation, type QueryContext } from '../src/command/define.ts'
import { flag, optional, rolloutId, text, toggle } from '../src/command/fields.ts'
import { idOrThread } from '../src/command/parts/in-thread.ts'
import { faultsOf, notesOf } from '../src/command/parts/roll.ts'
import { rolloutVerdict, unitsLeft } from '../src/command/parts/rollout-text.ts'
import { startedReply } from '../src/command/parts/started.ts'
import type { Reply } from '../src/command/context.ts'
import { failed, refused } from '../src/command/text.ts'
import type { Plan, PlanAsk } from '../src/domain/plan.ts'
import { commandText } from '../src/domain/preparation-text.ts'
import { ownerOf, type Rollout } from '../src/domain/rollout.ts'
import { code, deedOf, words } from '../src/domain/wording.ts'

export default mutation({
  summary: 'Takes up a failed or aborted rollout: only the instances that it left, with the same options.',
  notes:
    'With --force it goes on where most of what is left is down already, which is usual after a failure. A preparation runs again only if it had not been done, or if the configuration names another command by now. In the thread of a rollout it needs no number.',
  examples: ['retry 12', 'retry 12 --force --reason "disk is free again"'],
  positionals: { id: optional(rolloutId()) },
  flags: {
    reason: flag(text(), { help: 'Why; the first one’s reason stands otherwise.' }),
    force: toggle({ help: 'Goes on where instances are down already or have no room. Never past a lock.' }),
  },
  right: 'retry',
  async demands({ id }, context) {
    const found = await findEnded(id, context)
    if (found.kind === 'answer') return answer(found.reply)
    const { plan } = found.rollout
    const target = { service: plan.service, tier: plan.tier }
    return demand({
      right: 'retry',
      scope: { kind: 'target', target },
      owner: ownerOf(found.rollout).id,
      rolls: plan.kind,
    })
  },
  async answer(args, context) {
    const found = await findEnded(args.id, context)
    if (found.kind === 'answer') return found.reply
    const [grant] = context.grants
    if (grant === undefined) return failed('Nothing was started: nothing was granted.')
    const { rollout } = found
    const { read, request } = context
    const { plan } = rollout
    const target = { service: plan.service, tier: plan.tier }
    const left = unitsLeft(rollout)
    const ask: PlanAsk = {
      kind: plan.kind,
      ...(rollout.typed.units === true ? { units: true } : {}),
      ...(plan.scale === null ? {} : { to: plan.scale.to }),
      ...(plan.release === null ? {} : { release: plan.release.to }),
      ...preparedIn(rollout),
      batch: { kind: 'count', count: plan.atOnce },
      canary: canaryLeft(rollout, left),
      only: { units: left, why: 'left' },
    }
    const planned = await read.planner.plan({ ...ask, target, actor: request.actor })
    const faults = faultsOf(target, planned, args.force)
    if (faults.length > 0 || planned.kind !== 'plan') return refused(['Nothing was started:', ...faults])
    const result = await grant.may.start({
      plan: planned.plan,
      ask,
      force: args.force,
      place: request.place,
      command: request.text,
      reason: args.reason ?? rollout.reason,
      retryOf: rollout.id,
      next: rollout.next,
      typed: rollout.next.length > 0 ? { ...rollout.typed, at: read.now() } : rollout.typed,
    })
    return startedReply(result, target, {
      next: rollout.next,
      notes: [...notesOf(target, planned), ...otherPreparation(ask, planned.plan)],
      now: read.now(),
    })
  },
})

type Found = { readonly kind: 'ended'; readonly rollout: Rollout } | { readonly kind: 'answer'; readonly reply: Reply }

async function findEnded(typed: number | null, context: QueryContext): Promise<Found> {
  const canBeRetried = ({ phase }: Rollout): boolean => phase === 'failed' || phase === 'aborted'
  const which = await idOrThread('retry', typed, canBeRetried, context)
  if (which.kind === 'answer') return which
  const { read } = context
  const { id } = which
  const reply = (text: string): Found => ({ kind: 'answer', reply: refused(text) })
  const rollout = await read.rollouts.get(id)
  if (rollout === null) return reply(`There is no rollout ${id}: \`history\` lists them.`)
  const verdict = rolloutVerdict(rollout, read.now())
  const { kind, service, tier, scale } = rollout.plan
  const again =
    scale === null
      ? `${code(`${kind} ${service} ${tier}`)} rolls all of it again`
      : `${code(`status ${service} ${tier}`)} shows what runs`
  switch (rollout.phase) {
    case 'queued':
    case 'rolling':
    case 'paused':
    case 'rolling-back':
      return reply(`${verdict} Nothing to retry while it lives: ${code(`abort ${id}`)} ends it.`)
    case 'rolled-back':
      return reply(`${verdict} ${code(`deploy ${service} ${tier}`)} with a release that is well rolls it again.`)
    case 'rollback-failed':
      return reply(
        `${verdict} A rollback is not retried: ${code(`status ${service} ${tier}`)} shows what runs, ${code(`rollback ${service} ${tier}`)} takes all of it back.`,
      )
    case 'succeeded':
      return reply(`${verdict} Nothing is left of it to retry: ${again}.`)
    case 'cancelled':
      return reply(`${verdict} Nothing of it was done: ${code(rollout.command)} asks for it again.`)
    case 'failed':
    case 'aborted':
      if (unitsLeft(rollout).length > 0) return { kind: 'ended', rollout }
      return reply(`${verdict} It had ${deedOf(rollout.plan)} every instance, so nothing is left to retry: ${again}.`)
  }
}

/** Its preparation is not run again once that very command was done, whoever did it. */
const preparedIn = ({ id, plan, preparation }: Rollout): Pick<PlanAsk, 'preparedBy' | 'preparedWith'> =>
  preparation?.stage === 'done' && plan.preparation !== null
    ? { preparedBy: plan.preparation.doneBy ?? id, preparedWith: plan.preparation.command }
    : {}

/** That it is prepared once more, though it was before. */
const otherPreparation = ({ preparedBy, preparedWith = [] }: PlanAsk, { preparation }: Plan): readonly string[] =>
  preparedBy === undefined || preparation?.doneBy !== null
    ? []
    : [
        `Rollout ${preparedBy} ran ${words(commandText(preparedWith))}, and by now the configuration names ${words(commandText(preparation.command))}: that is run first.`,
      ]

/** Its canary again, unless that had been proven before. */
function canaryLeft(rollout: Rollout, left: readonly string[]): number {
  const [first] = rollout.plan.batches
  if (!rollout.plan.canary || first === undefined) return 0
  return first.some((instance) => left.includes(instance.unit)) ? first.length : 0
}
