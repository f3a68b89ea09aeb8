import { isOver, ownerOf, type Rollout } from '../../domain/rollout.ts'
import { sameTarget, targetText, type Target } from '../../domain/target.ts'
import { code, count, series } from '../../domain/wording.ts'
import type { Waiting } from '../../services/capabilities.ts'
import type { Reply } from '../context.ts'
import { answer, demand, type Demands, type QueryContext } from '../define.ts'
import { proceedingRights, type Right } from '../../authorization/rights.ts'
import { optional, rolloutId, service, tier } from '../fields.ts'
import { mistyped, refused } from '../text.ts'
import { meantInThread } from './in-thread.ts'
import { fleetSentence, rolloutVerdict } from './rollout-text.ts'

/** How a live rollout is named: by its number, by its target, or by the thread that shows it. */
export const whichRollout = { id: optional(rolloutId()), service: optional(service()), tier: optional(tier()) }
export const whichForms = ['[id]', '<service> <tier>']
/** For the notes of each command on one live rollout. */
export const whichNote = 'In the thread of a rollout it needs no number.'

interface Wanted {
  readonly id: number | null
  readonly service: string | null
  readonly tier: string | null
}

type Found = { readonly kind: 'live'; readonly rollout: Rollout } | { readonly kind: 'answer'; readonly reply: Reply }

/** The right on the target of the rollout, with whose it is. */
export async function demandOnLive<R extends Right>(
  right: R,
  wanted: Wanted,
  context: QueryContext,
): Promise<Demands<R>> {
  const found = await findLive(right, wanted, context)
  if (found.kind === 'answer') return answer(found.reply)
  const { plan } = found.rollout
  const target = { service: plan.service, tier: plan.tier }
  const proceeds = proceedingRights.some((one) => one === right)
  const rolls = proceeds ? { rolls: plan.kind } : {}
  return demand({ right, scope: { kind: 'target', target }, owner: ownerOf(found.rollout).id, ...rolls })
}

/** The rollout, or why there is nothing to `verb`. */
export async function findLive(verb: string, wanted: Wanted, { read, request }: QueryContext): Promise<Found> {
  const reply = (value: Reply): Found => ({ kind: 'answer', reply: value })
  if (wanted.id !== null) {
    const rollout = await read.rollouts.get(wanted.id)
    if (rollout === null) return reply(refused(`There is no rollout ${wanted.id}: \`status\` shows what is live.`))
    return isOver(rollout) ? reply(isOverReply(verb, rollout, read.now())) : { kind: 'live', rollout }
  }
  if (wanted.service === null && wanted.tier === null) {
    const meant = await meantInThread(verb, () => true, { read, request })
    if (meant.kind === 'answer') return meant
    if (meant.kind === 'rollout') {
      const { rollout } = meant
      return isOver(rollout) ? reply(isOverReply(verb, rollout, read.now())) : { kind: 'live', rollout }
    }
  }
  if (wanted.service === null || wanted.tier === null) {
    return reply(
      mistyped(
        `Say which rollout: ${code(`${verb} <id>`)}, or ${code(`${verb} <service> <tier>`)}. ${code('status')} shows what is live.`,
      ),
    )
  }
  const target = { service: wanted.service, tier: wanted.tier }
  const live = await read.rollouts.live(target)
  if (live !== null) return { kind: 'live', rollout: live }
  const waiting = (await read.rollouts.waiting()).filter((one) => sameTarget(one.target, target))
  const [only] = waiting
  const rollout = waiting.length === 1 ? (only?.rollout ?? null) : null
  if (rollout !== null) return { kind: 'live', rollout }
  if (only !== undefined) return reply(refused(sayWhich(verb, target, waiting)))
  const { rows } = await read.rollouts.history({ ...target, limit: 1, before: null })
  const [row] = rows
  const last = row === undefined ? null : await read.rollouts.get(row.id)
  if (last !== null) return reply(isOverReply(verb, last, read.now()))
  return reply(refused(`Nothing rolls on ${wanted.service} ${wanted.tier}, and nothing ever did: nothing to ${verb}.`))
}

function sayWhich(verb: string, target: Target, waiting: readonly Waiting[]): string {
  const ids = waiting.map((one) => code(`${verb} ${one.id}`))
  return `Nothing rolls on ${targetText(target)}, but ${count(waiting.length, 'rollout')} wait: say ${series(ids, 'or')}.`
}

export const isOverReply = (verb: string, rollout: Rollout, now: number): Reply =>
  refused(`Nothing to ${verb}. ${rolloutVerdict(rollout, now)} ${fleetSentence(rollout)}`)

export const isGoneReply = (verb: string, id: number): Reply =>
  refused(`There is no rollout ${id} any more: nothing to ${verb}.`)
