import type { Restart } from '../../domain/drift-memory.ts'
import type { Rollout } from '../../domain/rollout.ts'
import type { Target } from '../../domain/target.ts'
import type { Unreadable } from '../../domain/unreadable.ts'
import { ago, span } from '../../domain/wording.ts'
import type { UnitView } from '../../ports/scheduler.ts'
import type { Readers } from '../../services/capabilities.ts'
import { faultIn, readable } from './unreadable.ts'

/** Since when the process of an instance runs. */

interface Start {
  readonly at: number
  readonly machine: string | null
}

interface Starts {
  readonly byUnit: ReadonlyMap<string, Start>
  readonly unreadable: readonly Unreadable[]
}

/** Since when each instance runs, by the last three rollouts and the live one. */
export async function startsOf(target: Target, live: Rollout | undefined, read: Readers): Promise<Starts> {
  const { rows, unreadable } = await read.rollouts.history({ ...target, limit: 3, before: null })
  const ended = await Promise.all(rows.map((row) => readable(read.rollouts.get(row.id))))
  const byUnit = new Map<string, Start>()
  for (const one of [...ended.reverse(), { kind: 'read' as const, value: live ?? null }]) {
    const rollout = one.kind === 'read' ? one.value : null
    for (const instance of rollout?.instances ?? []) {
      // Older records do not say when the process was seen running: it had passed its gate by the end.
      const at = instance.upAt ?? instance.finishedAt
      if (at !== null && instance.replaced) byUnit.set(instance.unit, { at, machine: instance.machine?.id ?? null })
    }
  }
  return { byUnit, unreadable: [...unreadable, ...ended.flatMap(faultIn)] }
}

/** An identity is any text; where it is a time, it is the process's start. */
export function startIn(identity: string | null): number | null {
  if (identity === null) return null
  if (/^\d{4}-\d\d-\d\dT/.test(identity)) return Number.isNaN(Date.parse(identity)) ? null : Date.parse(identity)
  if (/^1\d{12}$/.test(identity)) return Number(identity)
  return /^1\d{9}(?:\.\d+)?$/.test(identity) ? Math.floor(Number(identity) * 1000) : null
}

export function ageText(
  unit: UnitView,
  since: number | null,
  {
    start,
    restarted,
    now,
  }: { readonly start?: Start | undefined; readonly restarted?: Restart | undefined; readonly now: number },
): readonly string[] {
  const restarts = unit.flaps > 0 ? [`*restarting* (seen ${unit.flaps} times)`] : []
  if (since !== null && since <= now) return [`up ${span(now - since)}`, ...restarts]
  const sameMachine = start !== undefined && unit.reports.some((report) => report.machine === start.machine)
  if (!sameMachine) return restarts
  // The rollout's process does not run any more.
  if (restarted !== undefined) return [`restarted outside of Opsee, seen ${ago(restarted.at, now)}`, ...restarts]
  return unit.flaps > 0 ? restarts : [`up ${span(now - start.at)}`]
}
