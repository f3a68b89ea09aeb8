import { driftOf, type DriftInstance } from '../../domain/drift.ts'
import type { Rollout } from '../../domain/rollout.ts'
import type { Target } from '../../domain/target.ts'
import { templateOf } from '../../domain/unit-name.ts'
import { runsOtherFile, type ClusterView } from '../../ports/scheduler.ts'
import type { QueryContext } from '../context.ts'
import { instancesOf, isRunning, type Views } from './fleet.ts'
import { runningOf, type RunningInstance } from './running.ts'

/** How many ended rollouts are looked through for one that succeeded. */
const lookedThrough = 20

type Found =
  | { readonly kind: 'findings'; readonly findings: readonly string[] }
  /** A rollout is under way, and what parts is what it does. */
  | { readonly kind: 'rolling'; readonly id: number }
  | { readonly kind: 'away'; readonly reason: string }

/** Where a target has parted from what was last left there. Throws `StoreUnavailable`. */
export async function driftIn(
  target: Target,
  views: Views,
  live: readonly Rollout[],
  context: Pick<QueryContext, 'read' | 'catalog'>,
): Promise<Found> {
  const { read, catalog } = context
  const view = views.get(target.tier)
  if (view?.kind !== 'known') return { kind: 'away', reason: view?.reason ?? 'nobody looked at its fleet' }
  const rolling = live.find(({ plan }) => plan.service === target.service && plan.tier === target.tier)
  if (rolling !== undefined) return { kind: 'rolling', id: rolling.id }
  const at = read.releases.at(target)
  const [wanted, good, left] = await Promise.all([
    at === null ? null : read.releases.wanted(target),
    read.rollouts.lastGood(target),
    leftBehind(target, read),
  ])
  const digest = wanted?.kind === 'known' ? wanted.digest : undefined
  const running = await runningOf(target, [good?.release ?? null], views, context)
  const instances = instancesOf(view, target, catalog).map((unit): DriftInstance => ({
    unit: unit.unit,
    wanted: unit.wanted === 'launched',
    running: isRunning(unit),
    says: saidOf(unit.unit, running ?? []),
    oldFile: runsOldFile(unit.unit, view),
  }))
  return { kind: 'findings', findings: driftOf({ at, wanted: digest, good, left, instances }) }
}

function saidOf(unit: string, running: readonly RunningInstance[]): string | null {
  const runs = running.find((one) => one.unit === unit)?.runs
  switch (runs?.kind) {
    case 'digest':
      return runs.digest
    case 'other':
      return runs.text
    case 'silent':
    case undefined:
      return null
  }
}

function runsOldFile(unit: string, view: Extract<ClusterView, { kind: 'known' }>): boolean {
  const template = view.templates.get(templateOf(unit) ?? '')
  const seen = view.units.get(unit)
  return template !== undefined && seen !== undefined && runsOtherFile(seen, template)
}

/** What the last rollout that succeeded left wanted running; null when none did, or it is not kept any more. */
async function leftBehind(
  target: Target,
  read: QueryContext['read'],
): Promise<{ readonly id: number; readonly units: readonly string[] } | null> {
  const { rows } = await read.rollouts.history({ ...target, limit: lookedThrough, before: null })
  const last = rows.find((row) => row.phase === 'succeeded')
  const rollout = last === undefined ? null : await read.rollouts.get(last.id)
  if (rollout === null) return null
  const stayed = rollout.plan.batches.flat().filter((one) => one.task !== 'remove')
  return { id: rollout.id, units: [...stayed.map((one) => one.unit), ...rollout.plan.others] }
}
