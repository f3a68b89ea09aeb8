import { durationText } from '../../domain/duration.ts'
import type { Plan, PlannedInstance, Planned } from '../../domain/plan.ts'
import { preparationPlanLines } from '../../domain/preparation-text.ts'
import { releasePlanLines } from '../../domain/release-plan-text.ts'
import { code, count, shortUnit, words } from '../../domain/wording.ts'
import { table } from '../text.ts'

/** The whole plan, as a dry run shows it. */
export function planLines({ plan, blockers }: Extract<Planned, { kind: 'plan' }>, force: boolean): readonly string[] {
  const total = plan.batches.flat().length
  const rows = plan.batches.map((batch, index) => ({
    name: index === 0 && plan.canary ? 'canary' : `batch ${index + 1}`,
    text: batch.map(instanceText).join('; '),
  }))
  return [
    `*${titleOf(plan)}*: ${count(total, 'instance')} of ${code(plan.unit)}, ${paceOf(plan)}.`,
    ...table(rows),
    ...preparationPlanLines(plan),
    ...releasePlanLines(plan),
    `Gate: ${gateText(plan)}. Gives up after ${durationText(plan.progressDeadlineMs)} without a newly healthy instance.`,
    ...plan.warnings.map((warning) => `Note: ${words(warning)}.`),
    ...blockers.map((blocker) =>
      force && blocker.force
        ? `Passed by --force: ${words(blocker.message)}.`
        : blocker.kind === 'busy'
          ? `It would wait in the queue: ${words(blocker.message)}.`
          : `Stands in the way: ${words(blocker.message)}.`,
    ),
    `Plan ${code(plan.hash)}.`,
  ]
}

function titleOf({ kind, service, tier, scale }: Plan): string {
  switch (kind) {
    case 'deploy':
      return `Deploy of ${service} in ${tier}`
    case 'rollback':
      return `Rollback of ${service} in ${tier}`
    case 'promote':
      return `Promotion of ${service} to ${tier}`
    case 'restart':
      return `Restart of ${service} in ${tier}`
    case 'scale':
      return `Scale of ${service} in ${tier} from ${scale?.from ?? 0} to ${scale?.to ?? 0}`
  }
}

const paceOf = ({ atOnce, scale }: Plan): string =>
  scale !== null && scale.to >= scale.from ? `at most ${atOnce} started at once` : `at most ${atOnce} away at once`

function instanceText(instance: PlannedInstance): string {
  const where = instance.machine === null ? 'on no machine' : `on ${words(instance.machine.ip ?? instance.machine.id)}`
  const sidekicks = instance.sidekicks.length === 0 ? '' : `, with ${instance.sidekicks.map(shortUnit).join(', ')}`
  if (instance.task === 'add') return `add ${shortUnit(instance.unit)}${sidekicks}`
  const verb = instance.task === 'remove' ? 'remove ' : instance.task === 'renew' ? 'make anew ' : ''
  return `${verb}${shortUnit(instance.unit)} ${where} (${words(instance.state)}${instance.serving ? '' : ', not serving'})${sidekicks}`
}

function gateText(plan: Plan): string {
  const steady = plan.settleMs === 0 ? '' : `, after ${durationText(plan.settleMs)} of running without a flaw`
  const { gate } = plan
  switch (gate.kind) {
    case 'http':
      return `HTTP ${code(gate.path)} on ${portText(gate.port)}${steady}`
    case 'tcp':
      return `a TCP connection to ${portText(gate.port)}${steady}`
    case 'none':
      return `the unit's own state${steady}`
  }
}

const portText = (port: number | 'announced'): string =>
  port === 'announced' ? 'the port that it announces' : `port ${port}`
