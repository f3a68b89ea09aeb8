import { z } from 'zod'
import { oldCopySchema } from './instance-watch.ts'
import { plannedPreparationSchema } from './preparation.ts'
import { digestSchema, proofSchema, releaseSchema, wantedAtSchema } from './release.ts'

/** Exactly what a rollout would do. Stored inside the rollout; its hash names it. */

const healthPort = z.union([z.int(), z.literal('announced')])

const healthGateSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http'),
    port: healthPort,
    containerPort: z.int().optional(),
    path: z.string(),
    timeoutMs: z.int(),
    identity: z.string().nullable(),
    /** The field of the answer that says which release it runs. */
    says: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal('tcp'), port: healthPort, containerPort: z.int().optional(), timeoutMs: z.int() }),
  z.strictObject({ kind: z.literal('none') }),
])

/** What becomes of one instance. */
export const taskSchema = z.enum([
  /** Stopped and started again. */
  'replace',
  /** Stopped, destroyed and made anew from its template, whose content is another one by now. */
  'renew',
  /** Started: there was none before. */
  'add',
  /** Stopped and destroyed, its sidekicks too. */
  'remove',
])

/** A unit that is to be made anew, and the content hash that its template had when that was planned. */
const renewedSchema = z.strictObject({ unit: z.string(), hash: z.string() })
export const renewsSchema = z.array(renewedSchema).default([])

const plannedInstanceSchema = z.strictObject({
  unit: z.string(),
  task: taskSchema.default('replace'),
  sidekicks: z.array(z.string()),
  /** Itself or sidekicks of it: what has to be destroyed so that it runs the new content. */
  renews: renewsSchema,
  /** Where it runs now; null when no machine reports it. */
  machine: z.strictObject({ id: z.string(), ip: z.string().nullable() }).nullable(),
  /** `active/running`, or what else its machine says of it now; `no report` when none does. */
  state: z.string(),
  /** Whether it serves now: running, and healthy where there is a gate. */
  serving: z.boolean(),
  /** It was told to stop by an earlier rollout, which failed: starting it is the point. */
  stopped: z.boolean(),
  /** What its gate's identity field said, to tell the new process from the old one. */
  identity: z.string().nullable(),
  /** The release that it said it runs: a digest; null when it did not say. */
  runs: digestSchema.nullable().default(null),
  /** Old copies of it that an earlier rollout did not see stop. */
  copies: z.array(oldCopySchema).optional(),
})

/** Which release is to run, and how it gets there. */
const plannedReleaseSchema = z.strictObject({
  at: wantedAtSchema,
  /** What was wanted when that was planned; null for nothing. */
  from: digestSchema.nullable(),
  to: releaseSchema,
  proof: proofSchema,
})

/** What a failed rollout is taken back to by itself: the release that rollout `id` left well, or null for what was seen to run well before. */
const plannedRollbackSchema = z.strictObject({ to: releaseSchema, id: z.int().nullable(), afterMs: z.int() })

export const planKindSchema = z.enum(['deploy', 'restart', 'scale', 'rollback', 'promote'])

export const planSchema = z.strictObject({
  kind: planKindSchema,
  service: z.string(),
  tier: z.string(),
  /** The fleet unit: a template, or a plain unit. */
  unit: z.string(),
  /** Rolled in this order; the outer array is the batches. */
  batches: z.array(z.array(plannedInstanceSchema).min(1)).min(1),
  /** How many instances there are before and after a scale; null for what changes no number. */
  scale: z
    .strictObject({ from: z.int(), to: z.int().min(1) })
    .nullable()
    .default(null),
  /** The release that it rolls; null where nothing is known of releases. */
  release: plannedReleaseSchema.nullable().default(null),
  /** What becomes of it when it fails; null to be left as it is. */
  rollback: plannedRollbackSchema.nullable().default(null),
  /** What runs before anything is changed; null for nothing. */
  preparation: plannedPreparationSchema.nullable().default(null),
  /** Wanted instances that are not rolled, but count when it is asked how many are away. */
  others: z.array(z.string()),
  /** Instances that exist and that this plan leaves as they are: no machine has them, or they are stopped. */
  leftOut: z.array(z.strictObject({ unit: z.string(), stopped: z.boolean() })).optional(),
  /** The first batch is a canary. */
  canary: z.boolean(),
  /** How long the canary must serve before the next batch begins. */
  canarySteadyMs: z.int().default(0),
  /** The most instances that may be away at once. */
  atOnce: z.int().min(1),
  gate: healthGateSchema,
  settleMs: z.int(),
  progressDeadlineMs: z.int(),
  /** What a person should know before saying yes. */
  warnings: z.array(z.string()),
  hash: z.string(),
})

const amountSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('count'), count: z.int().min(1) }),
  z.strictObject({ kind: z.literal('percent'), percent: z.int().min(1).max(100) }),
])

/** Some units of a service, where not all of it is to be rolled. */
const onlySchema = z.strictObject({
  units: z.array(z.string()).readonly(),
  /** `named`: by a person, so each must exist. `left`: by an earlier rollout; what is gone by now is left out. */
  why: z.enum(['named', 'left']),
})
export type Only = z.infer<typeof onlySchema>

/** What a plan was asked for, but for whom and where: enough to make it anew. */
export const planAskSchema = z.strictObject({
  kind: planKindSchema,
  /** How many instances there are to be: of a scale, and of nothing else. */
  to: z.int().min(1).optional(),
  /** Unit files that changed are rolled out too. */
  units: z.boolean().optional(),
  /** The release to be rolled; what is wanted anyway unless given. */
  release: releaseSchema.optional(),
  /** The tag by which it was asked for, as the policy was told it. */
  tag: z.string().optional(),
  /** The rollout that ran its preparation already. */
  preparedBy: z.int().optional(),
  /** The command that it ran: with another one in the configuration by now, that one is run. */
  preparedWith: z.array(z.string()).optional(),
  batch: amountSchema.nullable(),
  canary: z.int().nullable(),
  /** Null for all. */
  only: onlySchema.nullable(),
})
export type PlanAsk = z.infer<typeof planAskSchema>

export type PlannedRelease = z.infer<typeof plannedReleaseSchema>
export type PlannedInstance = z.infer<typeof plannedInstanceSchema>
export type Plan = z.infer<typeof planSchema>

/** How many instances there are meant to be once the plan is carried out. */
export const intendedCount = ({ batches, others, scale }: Pick<Plan, 'batches' | 'others' | 'scale'>): number =>
  scale?.to ?? batches.flat().length + others.length

/** What stands in the way of a plan. `force` says whether `--force` goes on all the same. */
export interface Blocker {
  readonly kind:
    | 'stopped'
    | 'locked'
    | 'busy'
    | 'unscheduled'
    /** An instance that should exist does not. */
    | 'missing'
    | 'already-down'
    | 'unhealthy'
    /** Nobody knows which release would be pulled. */
    | 'no-release'
    /** It runs there already. */
    | 'there-already'
    /** Another release is pinned. */
    | 'pinned'
    /** It was not well in an earlier tier for long enough. */
    | 'order'
  readonly message: string
  readonly force: boolean
}

/**
 * What keeps a plan from being started. A live rollout does not: whoever comes second waits for it. With `force` what
 * force can pass is passed.
 */
export const standing = (blockers: readonly Blocker[], force: boolean): readonly Blocker[] =>
  blockers.filter((one) => one.kind !== 'busy' && !(force && one.force))

export type Planned =
  | {
      readonly kind: 'plan'
      readonly plan: Plan
      readonly blockers: readonly Blocker[]
      /** What the answer to the command says at once, beside the plan in the thread. Not escaped. */
      readonly notes?: readonly string[]
    }
  /** There is nothing to plan, and `message` says why and what to type instead. */
  | {
      readonly kind: 'impossible'
      readonly message: string
      /** The fleet does not answer: it may be possible in a moment. */
      readonly transient: boolean
      /** The target is already as it would be left. */
      readonly satisfied?: true
    }
