import { releaseText } from '../domain/release.ts'
import { lockedText } from '../domain/lock.ts'
import type { Blocker, PlannedInstance } from '../domain/plan.ts'
import { stopText } from '../domain/stop.ts'
import { targetText } from '../domain/target.ts'
import { templateOf } from '../domain/unit-name.ts'
import type { UnitView } from '../ports/scheduler.ts'
import type { PlanInput } from './plan-input.ts'
import { downReason } from './plan-warnings.ts'
import { staleUnits } from './unit-files.ts'

export function blockersFor(
  input: PlanInput,
  homeless: readonly UnitView[],
  planned: readonly PlannedInstance[],
  atOnce: number,
): Blocker[] {
  const blockers: Blocker[] = input.locks.map((lock) => ({
    kind: 'locked',
    message: lockedText(lock),
    force: false,
  }))
  if (input.stop !== null) blockers.push({ kind: 'stopped', message: stopText(input.stop), force: false })
  if (input.live !== null) {
    blockers.push({ kind: 'busy', message: `rollout ${input.live} is under way on it`, force: false })
  }
  blockers.push(...(input.releaseRules ?? []), ...releaseBlockers(input, planned))
  blockers.push(...homelessBlockers(input, homeless))
  const down = planned.filter((one) => !one.serving)
  if (down.length > atOnce || (down.length > 0 && down.length === planned.length && planned.length > 1)) {
    const sick = down.filter((one) => input.health.get(one.unit)?.kind === 'unhealthy')
    blockers.push({
      kind: sick.length > 0 ? 'unhealthy' : 'already-down',
      message: `${down.length} of ${planned.length} instances do not serve now (${down.map((one) => `${one.unit}: ${downReason(one, input)}`).join('; ')}); \`--force\` goes on all the same`,
      force: true,
    })
  }
  return blockers
}

/** One for each reason why no machine has them. */
function homelessBlockers(input: PlanInput, homeless: readonly UnitView[]): readonly Blocker[] {
  const groups = new Map<string, UnitView[]>()
  for (const unit of homeless) {
    const why = unit.misfit ?? 'no machine has room'
    groups.set(why, [...(groups.get(why) ?? []), unit])
  }
  return [...groups].map(([why, units]) => {
    const names = units.map((unit) => unit.unit)
    const stale = input.units === true ? [] : staleUnits(names, input.cluster)
    const anew =
      stale.length === 0
        ? ''
        : `, \`deploy ${targetText(input.target)} --units\` makes it again from the template that was replaced`
    const message = `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} wanted, but ${why}; \`--force\` rolls the others${anew}`
    return { kind: 'unscheduled', message, force: true }
  })
}

/** What would be destroyed and made again would run nowhere. */
export function misfitBlockers({ cluster }: PlanInput, planned: readonly PlannedInstance[]): readonly Blocker[] {
  const templates = planned.flatMap(({ renews, task, unit }) =>
    task === 'add' ? [unit] : renews.map((one) => one.unit),
  )
  return [...new Set(templates.map((unit) => templateOf(unit) ?? unit))].flatMap((template) => {
    const why = cluster.misfits?.get(template)
    if (why === undefined) return []
    const message = `what is made from ${template} would run nowhere: ${why}. Submit one that fits (\`fleetctl submit --replace ${template}\`); \`--force\` rolls it all the same`
    return [{ kind: 'unscheduled', message, force: true }]
  })
}

function releaseBlockers(input: PlanInput, planned: readonly PlannedInstance[]): Blocker[] {
  const { release, noRelease } = input
  if (noRelease !== null && noRelease !== undefined) {
    const message = `nobody knows which release the units would pull: ${noRelease}; \`--force\` goes on all the same`
    return [{ kind: 'no-release', message, force: true }]
  }
  // What an earlier rollout left is to be rolled, though it may run the release by now.
  if (release === null || release === undefined || input.named !== true || input.only !== null) return []
  const { to, from, proof } = release
  const said = proof.by === 'none' ? planned : planned.filter((one) => one.runs === to.digest)
  if (from !== to.digest || said.length < planned.length || planned.some((one) => !one.serving)) return []
  const unverified = proof.by === 'none' ? ' (unverified: its instances have no way to say so)' : ''
  const message = `it runs ${releaseText(to)} already${unverified}, so there is nothing to do; \`--force\` rolls it all the same`
  return [{ kind: 'there-already', message, force: true }]
}
