import type { Right } from '../../authorization/rights.ts'
import { amountText, type Amount } from '../../domain/amount.ts'
import type { Catalog } from '../../domain/catalog.ts'
import { standing, type Blocker, type Plan, type PlanAsk, type Planned } from '../../domain/plan.ts'
import type { Release } from '../../domain/release.ts'
import type { Typed } from '../../domain/rollout.ts'
import { isSameRequest } from '../../domain/same-request.ts'
import { targetText, type Target } from '../../domain/target.ts'
import { instanceOf } from '../../domain/unit-name.ts'
import { code, series, words } from '../../domain/wording.ts'
import type { PlanRequest, StartCapability } from '../../services/capabilities.ts'
import type { Reply } from '../context.ts'
import { answer, type Demands, type QueryContext } from '../define.ts'
import { amount, count, flag, services, text, tier, toggle } from '../fields.ts'
import { done, failed, mistyped, refused } from '../text.ts'
import { namedRelease } from '../release-reference.ts'
import { planLines } from './plan-text.ts'
import { notThere } from './scopes.ts'
import { joinedReply, startedReply } from './started.ts'

/** What all commands that roll have in common: all of it, but the word. */

export const rollPositionals = {
  services: services(),
  tier: tier({ help: 'Always named: nothing rolls anywhere by default.' }),
}

export const rollFlags = {
  batch: flag(amount(), { help: 'Instances replaced together; as configured unless given.' }),
  canary: flag(count(0, 1000), { help: 'Instances in a first, careful batch; 0 for none.' }),
  dryRun: toggle({ help: 'Shows the plan and what stands in its way, and starts nothing.' }),
  reason: flag(text(), { help: 'Why; it stands in the thread and in the history.' }),
  force: toggle({ help: 'Goes on where instances are down already or have no room. Never past a lock.' }),
  units: toggle({
    help: 'Rolls out unit files that changed too: what runs an old one is destroyed and made anew from its template.',
  }),
}

export interface RollArgs {
  readonly services: readonly string[]
  /** Only these of the one service; null for all. */
  readonly instances: readonly string[] | null
  readonly tier: string
  /** How many instances there are to be, of a scale. */
  readonly to?: number
  /** The release to roll, as typed or found already; null for what is wanted anyway. */
  readonly release?: string | Release | null
  /** The tag that the policy is told of a promote: that of the earlier tier. */
  readonly tag?: string | undefined
  /** What else its answer says. Escaped. */
  readonly notes?: readonly string[]
  readonly batch: Amount | null
  readonly canary: number | null
  readonly dryRun: boolean
  readonly reason: string | null
  readonly force: boolean
  /** Unit files that changed are rolled out too. */
  readonly units?: boolean
}

/** The right on every one of the targets, or none for a dry run. */
export function demandRoll<R extends Right>(right: R, args: RollArgs, { catalog }: QueryContext): Demands<R> {
  const faults = targetsOf(args).flatMap((target) => notThere(target, catalog) ?? [])
  if (faults.length > 0) return answer(mistyped(faults))
  if (typeof args.release === 'string' && args.services.length > 1)
    return answer(mistyped('A release is one of one service: deploy the services one by one, each with its own.'))
  if (args.dryRun) return { kind: 'demand', demands: [] }
  const demands = targetsOf(args).map(
    (target) => ({ right, scope: { kind: 'target', target }, owner: null, ...tagIn(args) }) as const,
  )
  return { kind: 'demand', demands }
}

/** Plans all, so that nothing starts when a later one could not; then starts the first, which takes the rest along. */
export async function roll(
  kind: PlanRequest['kind'],
  args: RollArgs,
  context: QueryContext,
  grants: readonly { readonly may: StartCapability }[],
): Promise<Reply> {
  const { request, read } = context
  const given = args.release ?? null
  const named =
    given !== null && typeof given === 'object'
      ? ({ kind: 'release', release: given } as const)
      : await namedRelease(args.services[0] ?? '', given, context)
  if (named.kind === 'answer') return named.reply
  const askFor = (target: Target): PlanAsk => ({
    kind,
    ...(args.to === undefined ? {} : { to: args.to }),
    ...(args.units === true ? { units: true } : {}),
    ...(named.release === null ? {} : { release: named.release }),
    ...tagIn(args),
    batch: args.batch,
    canary: args.canary,
    only: onlyOf(args, target, context.catalog),
  })
  const plans = await Promise.all(
    targetsOf(args).map(async (target) => ({
      target,
      planned: await read.planner.plan({ ...askFor(target), target, actor: request.actor }),
    })),
  )
  if (args.dryRun) return dryRun(plans, args, kind)
  const faults = plans.flatMap(({ target, planned }) => faultsOf(target, planned, args.force))
  const [first] = plans
  if (faults.length > 0) {
    const same = plans.length === 1 && first !== undefined ? await liveSame(first, args, context) : null
    return same ?? refused([`Nothing was started:`, ...faults])
  }
  const [grant] = grants
  if (first?.planned.kind !== 'plan' || grant === undefined) return failed('Nothing was started: nothing was granted.')
  const next = args.services.slice(1)
  const result = await grant.may.start({
    plan: first.planned.plan,
    ask: askFor(first.target),
    force: args.force,
    place: request.place,
    command: request.text,
    reason: args.reason,
    retryOf: null,
    next,
    typed: typedOf(args, read.now()),
    ...(request.source === 'hook' ? { asker: 'hook' } : {}),
  })
  const notes = (args.notes ?? []).concat(plans.flatMap(({ target, planned }) => notesOf(target, planned)))
  return startedReply(result, first.target, { next, notes, now: read.now() })
}

/** Nothing is left to do because the live rollout does just that: the answer names it. */
async function liveSame(
  { target, planned }: { readonly target: Target; readonly planned: Planned },
  args: RollArgs,
  { read }: QueryContext,
): Promise<Reply | null> {
  const satisfied =
    planned.kind === 'impossible'
      ? planned.satisfied === true
      : standing(planned.blockers, args.force).every(({ kind }) => kind === 'there-already')
  const live = satisfied ? await read.rollouts.live(target) : null
  if (live === null || live.ending !== null || live.rollback !== null) return null
  const same =
    planned.kind === 'plan'
      ? isSameRequest(live, { plan: planned.plan, typed: typedOf(args, read.now()), next: [], retryOf: null })
      : live.plan.kind === 'scale' && live.plan.scale?.to === args.to
  return same ? joinedReply(live, target, read.now()) : null
}

function typedOf(args: RollArgs, now: number): Typed {
  return {
    batch: args.batch === null ? null : amountText(args.batch),
    canary: args.canary,
    force: args.force,
    ...(args.units === true ? { units: true } : {}),
    ...(args.services.length > 1 ? { at: now } : {}),
  }
}

/** A digest is no tag: what it names never changes. */
function tagIn({ release, tag }: RollArgs): { readonly tag?: string } {
  const named = typeof release === 'string' && !release.includes(':') ? release : tag
  return named === undefined ? {} : { tag: named }
}

const targetsOf = (args: RollArgs): readonly Target[] => args.services.map((service) => ({ service, tier: args.tier }))

function onlyOf(args: RollArgs, target: Target, catalog: Catalog): PlanRequest['only'] {
  if (args.instances === null) return null
  const { unit } = catalog.serviceConfig(target.service)
  return { why: 'named', units: args.instances.map((instance) => instanceOf(unit, instance)) }
}

/** Why a target cannot be rolled; nothing when it can, or when force passes all that stands in the way. */
export function faultsOf(target: Target, planned: Planned, force: boolean): readonly string[] {
  const where = code(targetText(target))
  if (planned.kind === 'impossible') return [`${where}  ${words(planned.message)}`]
  return standing(planned.blockers, force).map(
    (blocker) => `${where}  ${words(blocker.message)}${typeInstead(target, blocker.kind)}`,
  )
}

function typeInstead(target: Target, kind: Blocker['kind']): string {
  if (kind === 'stopped') return `; ${code(`go ${target.tier}`)} lifts it`
  return kind === 'locked' ? `; ${code('locks')} says until when` : ''
}

/** What a person should know at once, and what force passed over. */
export function notesOf(target: Target, planned: Planned): readonly string[] {
  if (planned.kind !== 'plan') return []
  const passed = planned.blockers.filter((blocker) => blocker.kind !== 'busy')
  return [
    ...(planned.notes ?? []).map((note) => `${targetText(target)}: ${words(note)}.`),
    ...passed.map((blocker) => `Going on all the same on ${targetText(target)}: ${words(blocker.message)}.`),
  ]
}

function dryRun(
  plans: readonly { readonly target: Target; readonly planned: Planned }[],
  args: RollArgs,
  kind: Plan['kind'],
): Reply {
  const lines = plans.flatMap(({ target, planned }, index) => [
    ...(index === 0 ? [] : ['']),
    ...(planned.kind === 'plan' ? planLines(planned, args.force) : faultsOf(target, planned, args.force)),
  ])
  const order =
    plans.length === 1
      ? []
      : [`They roll in this order, each once the one before has succeeded: ${series(args.services)}.`]
  const possible = plans.every(({ planned }) => planned.kind === 'plan')
  const outcome = [...lines, ...order, ...(args.notes ?? []), `Nothing was started: this was a dry run of a ${kind}.`]
  return possible ? done(outcome) : refused(outcome)
}
