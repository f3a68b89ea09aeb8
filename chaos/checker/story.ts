import { grouped } from './grouped.ts'
import { z } from 'zod'
import type { Change, Evidence } from './evidence.ts'

/** One rollout as etcd's history tells it. */
export interface Story {
  readonly id: number
  readonly target: string
  readonly tier: string
  readonly requestedBy: string
  readonly command: string
  readonly reason: string | null
  /** The rollout that this one takes up again; null: none. */
  readonly retryOf: number | null
  readonly atOnce: number
  /** Main units of the plan, and wanted instances that it does not roll. */
  readonly mains: readonly string[]
  readonly others: readonly string[]
  /** Each unit of the plan, sidekicks too → its main unit. */
  readonly mainOf: ReadonlyMap<string, string>
  /** Every state of its record, oldest first. */
  readonly versions: readonly Version[]
  /** The first state in which it rolled: until then it may have waited. Null when it never did. */
  readonly begun: Version | null
  readonly ended: Version | null
  readonly events: readonly Told[]
  /** Who had the right to drive it, and from when to when. */
  readonly owners: readonly Ownership[]
  /** Nothing may begin in it: an abort, or a pause until it is resumed. By revisions. */
  readonly stops: readonly Stop[]
  /** Who took it over, oldest first: whose own locks do not hold it from then on. By revisions. */
  readonly takes: readonly { readonly by: string; readonly from: number }[]
  /** Whether it still waits to be told to its end. */
  readonly untold: boolean
}

export interface Version {
  readonly change: Change
  readonly is: Record
}

export interface Ownership {
  readonly driver: string
  readonly from: Change
  /** Null while it lasts. */
  readonly to: Change | null
}

export interface Stop {
  readonly what: 'abort' | 'pause' | 'stop of its tier'
  readonly from: number
  readonly to: number
}

const instance = z.object({
  unit: z.string(),
  /** `replace`, `renew`, `add`, `remove` or `take-back`. */
  task: z.string().default('replace'),
  stage: z.string(),
  calls: z.number(),
  sidekicks: z.array(z.string()),
})
const release = z.object({ digest: z.string() })
const plannedRelease = z.object({
  at: z.object({ image: z.string(), tag: z.string() }),
  from: z.string().nullable(),
  to: release,
})
const record = z.object({
  id: z.number(),
  phase: z.string(),
  seq: z.number(),
  command: z.string(),
  reason: z.string().nullable(),
  place: z.object({ channel: z.string(), thread: z.string().nullable() }),
  requestedBy: z.object({ id: z.string() }),
  ending: z.object({ kind: z.string() }).nullable(),
  retryOf: z.number().nullable().default(null),
  instances: z.array(instance),
  release: z.object({ stage: z.string() }).nullable().default(null),
  rollback: z.object({ stage: z.string() }).nullable().default(null),
  plan: z.object({
    kind: z.string().default('deploy'),
    gate: z
      .object({ kind: z.string(), identity: z.string().nullable().default(null) })
      .nullable()
      .default(null),
    warnings: z.array(z.string()).default([]),
    tier: z.string(),
    service: z.string(),
    atOnce: z.number(),
    settleMs: z.number().default(0),
    others: z.array(z.string()).optional(),
    release: plannedRelease.nullable().default(null),
    rollback: z.object({ to: release }).nullable().default(null),
  }),
})
type Record = z.infer<typeof record>

const event = z.object({ seq: z.number(), fact: z.looseObject({ kind: z.string() }) })
export type Told = z.infer<typeof event> & { readonly change: Change }

const owner = z.object({ driver: z.string() })

/** The content of one of the bot's records: JSON with `is` inside. */
export function contentOf(change: Change): unknown {
  const parsed = z.object({ is: z.unknown() }).parse(JSON.parse(change.value ?? 'null'))
  return parsed.is
}

const terminal = new Set(['succeeded', 'failed', 'aborted', 'rolled-back', 'rollback-failed', 'cancelled', 'canceled'])
export const isTerminal = (phase: string): boolean => terminal.has(phase)
/** Nobody counts on it: it was not added yet, it was taken back, or it was removed. */
export const isMissing = ({ task, stage }: { readonly task: string; readonly stage: string }): boolean =>
  (task === 'add' && stage === 'waiting') ||
  (task === 'take-back' && stage === 'kept') ||
  (task === 'remove' && stage === 'done')

/** In the queue, nothing is done for it. */
export const isWaiting = (phase: string): boolean => phase === 'queued' || phase === 'awaiting-approval'

const numbered = (id: number): string => String(id).padStart(12, '0')

/** All rollouts whose first record was written after `after`, a revision. */
export function storiesIn(evidence: Evidence, after: number): readonly Story[] {
  const byKey = grouped(evidence.changes, (change) => change.key)
  const stories: Story[] = []
  for (const [key, changes] of byKey) {
    const [first] = changes
    if (!/^rollouts\/\d{12}$/.test(key) || first === undefined || first.revision <= after) continue
    stories.push(storyOf(changes, byKey))
  }
  return stories.sort((a, b) => a.id - b.id)
}

function storyOf(changes: readonly Change[], byKey: ReadonlyMap<string, readonly Change[]>): Story {
  const versions = changes.flatMap((change): Version[] =>
    change.value === null ? [] : [{ change, is: record.parse(contentOf(change)) }],
  )
  const [first] = versions
  if (first === undefined) throw new Error(`${changes[0]?.key ?? 'a rollout'} was only deleted`)
  const { id, requestedBy, command, reason, retryOf } = first.is
  const begun = versions.find(({ is }) => !isWaiting(is.phase) && !isTerminal(is.phase)) ?? null
  // Whoever waited rolls by the plan that was made when its turn came.
  const { plan, instances } = (begun ?? first).is
  const at = numbered(id)
  const prefix = `events/${at}/`
  const events = [...byKey]
    .filter(([key]) => key.startsWith(prefix))
    .flatMap(([, [change]]) => (change === undefined ? [] : [{ ...event.parse(contentOf(change)), change }]))
  return {
    id,
    target: `${plan.tier}/${plan.service}`,
    tier: plan.tier,
    requestedBy: requestedBy.id,
    command,
    reason,
    retryOf,
    atOnce: plan.atOnce,
    mains: instances.map(({ unit }) => unit),
    others: plan.others ?? [],
    mainOf: new Map(instances.flatMap((one) => [one.unit, ...one.sidekicks].map((unit) => [unit, one.unit]))),
    versions,
    begun,
    ended: versions.find(({ is }) => isTerminal(is.phase)) ?? null,
    events: events.sort((a, b) => a.seq - b.seq),
    owners: ownersIn(byKey.get(`owners/${at}`) ?? []),
    stops: stopsIn(byKey.get(`wishes/${at}`) ?? []),
    takes: takesIn(byKey.get(`wishes/${at}`) ?? []),
    untold: byKey.get(`telling/${at}`)?.at(-1)?.value !== null,
  }
}

const wishes = z.object({
  abort: z.unknown().nullable(),
  pause: z.object({ kind: z.string() }).nullable(),
  take: z.object({ by: z.object({ id: z.string() }) }).nullable(),
})

function stopsIn(changes: readonly Change[]): Stop[] {
  const stops: Stop[] = []
  let paused: number | null = null
  for (const change of changes) {
    const is = change.value === null ? null : wishes.parse(contentOf(change))
    const { revision } = change
    if (is?.abort !== null && is !== null && !stops.some(({ what }) => what === 'abort')) {
      stops.push({ what: 'abort', from: revision, to: Infinity })
    }
    const pauses = is?.pause?.kind === 'pause'
    if (pauses) paused ??= revision
    if (pauses || paused === null) continue
    stops.push({ what: 'pause', from: paused, to: revision })
    paused = null
  }
  if (paused !== null) stops.push({ what: 'pause', from: paused, to: Infinity })
  return stops
}

const takesIn = (changes: readonly Change[]): Story['takes'] =>
  changes.flatMap((change) => {
    const take = change.value === null ? null : wishes.parse(contentOf(change)).take
    return take === null ? [] : [{ by: take.by.id, from: change.revision }]
  })

function ownersIn(changes: readonly Change[]): Ownership[] {
  const owners: Ownership[] = []
  for (const change of changes) {
    const last = owners.at(-1)
    if (last !== undefined && last.to === null) owners[owners.length - 1] = { ...last, to: change }
    if (change.value !== null) owners.push({ driver: owner.parse(contentOf(change)).driver, from: change, to: null })
  }
  return owners
}
