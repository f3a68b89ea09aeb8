import { durationText } from '../domain/duration.ts'
import type { Fact } from '../domain/event.ts'
import type { Lost } from '../domain/instance-watch.ts'
import { intendedCount, type Plan } from '../domain/plan.ts'
import { commandText } from '../domain/preparation-text.ts'
import { isTakenBack, type Rollout } from '../domain/rollout.ts'
import { parseUnitName } from '../domain/unit-name.ts'
import { clockText, deedOf, series, shortUnit, words } from '../domain/wording.ts'

const status = ({ plan }: Rollout): string => `\`@opsee status ${plan.service} ${plan.tier}\` shows what runs`
const show = ({ id }: Rollout): string => `\`@opsee show ${id}\` shows every step`

/** The commands that make sense once it has ended without success. */
export function nextStepsText(rollout: Rollout): string {
  if (isTakenBack(rollout)) return takenBackSteps(rollout)
  const { id, next } = rollout
  const left = rollout.instances.filter((one) => one.stage !== 'done').length
  const { preparation } = rollout.plan
  const again =
    preparation === null || rollout.preparation?.stage !== 'failed'
      ? ''
      : `runs ${words(commandText(preparation.command))} again and `
  const steps = [
    // First: a retry needs it.
    ...bringBackLost(rollout),
    ...(left > 0
      ? [
          `\`@opsee retry ${id}\` ${again}rolls the ${left} that ${left === 1 ? 'is' : 'are'} left${next.length > 0 ? `, and then ${next.join(', ')}` : ''}`,
        ]
      : []),
    ...restartOne(rollout),
    ...scaleBack(rollout),
    status(rollout),
    show(rollout),
  ]
  return `Next: ${steps.join('; ')}.`
}

/** It never began: what runs, or the command to ask for it again. */
export function cancelledSteps(rollout: Rollout): string {
  const { ending, command } = rollout
  const pointless = ending?.kind === 'cancelled' && ending.why === 'pointless'
  return pointless
    ? `Next: ${status(rollout)}.`
    : `Next: ${status(rollout)}; \`@opsee ${words(command)}\` asks for it again.`
}

/** It runs what ran before, or a person must see to it. */
function takenBackSteps(rollout: Rollout): string {
  const { plan, phase, next } = rollout
  const where = `${plan.service} ${plan.tier}`
  const first =
    phase === 'rolled-back'
      ? `\`@opsee deploy ${where} &lt;tag&gt;\` rolls a release that is well`
      : `\`@opsee rollback ${where}\` rolls all of it back`
  const rest = next.length === 0 ? '' : ` ${series(next)} ${next.length === 1 ? 'was' : 'were'} not begun.`
  return `Next: ${[first, status(rollout), show(rollout)].join('; ')}.${rest}`
}

/** The one that failed, alone: where it is not all that is left. */
function restartOne({ ending, instances, plan }: Rollout): readonly string[] {
  const unit = ending?.kind === 'failed' ? ending.unit : null
  const parsed = unit === null ? null : parseUnitName(unit)
  if (instances.some((one) => one.unit === unit && one.lost !== undefined)) return []
  const left = instances.filter((one) => one.stage !== 'done')
  if (parsed?.kind !== 'instance' || left.length < 2) return []
  const neverBegun = instances.some((one) => one.unit === unit && one.calls === 0)
  if (neverBegun) return [`\`@opsee drift ${plan.tier}\` shows what is no longer as it was left`]
  return [`\`@opsee restart ${plan.service}@${parsed.instance} ${plan.tier}\` tries ${shortUnit(unit ?? '')} alone`]
}

/** The command that brings back the instance that somebody took away. */
function bringBackLost({ ending, instances, plan }: Rollout): readonly string[] {
  const unit = ending?.kind === 'failed' ? ending.unit : null
  const lost = instances.find((one) => one.unit === unit)?.lost
  return unit === null || lost === undefined ? [] : [bringBack(unit, lost, plan)]
}

function bringBack(unit: string, lost: Lost, plan: Plan): string {
  const parsed = parseUnitName(unit)
  const where = `${plan.service} ${plan.tier}`
  if (parsed?.kind !== 'instance') {
    return lost === 'stopped'
      ? `\`@opsee restart ${where}\` starts it`
      : `\`fleetctl start ${words(unit)}\` with its unit file makes it again`
  }
  if (lost === 'stopped') return `\`@opsee restart ${plan.service}@${parsed.instance} ${plan.tier}\` starts it`
  return `\`@opsee scale ${where} ${intendedCount(plan)}\` makes it again`
}

/** What was added may be there and not serve. */
function scaleBack({ instances, plan }: Rollout): readonly string[] {
  const { service, tier, scale } = plan
  const failed = instances.some((one) => one.task === 'add' && one.stage === 'failed')
  if (scale === null || scale.from === 0 || !failed) return []
  return [`\`@opsee scale ${service} ${tier} ${scale.from}\` removes what was added`]
}

/** Nothing came on for a while: what it waits for, since when, what becomes of it, and what to type. */
export function stuckText(fact: Extract<Fact, { kind: 'stuck' }>, rollout: Rollout): string {
  const { id } = rollout
  const what = fact.unit === null ? fact.reason : `${shortUnit(fact.unit)} ${fact.reason}`
  const left = durationText(fact.leftMs)
  const outlook =
    fact.ending === null
      ? `Without a newly healthy instance it fails in ${left}.`
      : `It only ends any more, and is left as it is in ${left}.`
  const underWay =
    deedOf(rollout.plan) === 'added' ? ' and takes back what is half started' : ' and brings back up what is under way'
  const pause = `\`@opsee pause ${id}\` stops that clock`
  const abort = `\`@opsee abort ${id}\` ends it${fact.moving ? underWay : ''}`
  const steps = [
    status(rollout),
    show(rollout),
    ...(fact.ending === null && !fact.moving ? [pause] : []),
    ...(fact.ending === 'aborted' ? [] : [abort]),
  ]
  return `Stuck for ${durationText(fact.forMs)}, since ${clockText(fact.since)}: ${words(what)}.\n${outlook} Meanwhile ${series(steps)}.`
}
