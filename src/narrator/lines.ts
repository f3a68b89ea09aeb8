import { durationText } from '../domain/duration.ts'
import type { Fact, RolloutEvent } from '../domain/event.ts'
import { firstFailureText } from '../domain/failure-text.ts'
import type { Plan } from '../domain/plan.ts'
import { ownerOf, tookMs, type Rollout } from '../domain/rollout.ts'
import {
  commandText,
  isPreparationFact,
  outputLines,
  preparationFactText,
  preparationPlanLines,
} from '../domain/preparation-text.ts'
import { isReleaseFact, releaseFactText, releaseStateText, type ReleaseFact } from '../domain/release-words.ts'
import {
  abortText,
  count,
  deedOf,
  fleetStateText,
  mention,
  personText,
  phaseText,
  series,
  shortUnit,
  words,
} from '../domain/wording.ts'
import { rollbackVerdict } from '../domain/rollback-text.ts'
import { releasePlanLines } from '../domain/release-plan-text.ts'
import { oldCopiesText } from '../domain/old-copies.ts'
import { atEndText } from './at-end-text.ts'
import { proofText } from './proof-text.ts'
import { cancelledSteps, nextStepsText, stuckText } from './next-steps.ts'

/**
 * What an event is in the thread: one line, or a few for the end; null when the root message shows it well enough.
 * Everything from outside is escaped.
 */
export function lineOf(event: RolloutEvent, rollout: Rollout): string | null {
  const { fact } = event
  if (isReleaseFact(fact)) return releaseLine(fact, rollout)
  if (isPreparationFact(fact)) {
    const output = fact.kind === 'preparation-began' ? [] : outputLines(fact.output)
    return [preparationFactText(fact, rollout), ...output].join('\n')
  }
  switch (fact.kind) {
    case 'accepted':
      return planText(rollout.plan, fact.retryOf)
    case 'queued':
      return queuedText(fact, rollout)
    case 'waits':
      return `It waits: ${words(fact.reason)}.`
    case 'plan-changed':
      return changedText(fact, rollout)
    case 'confirmed':
      return `${personText(fact.by)} said yes to plan ${fact.hash}.`
    case 'begun':
      return `It begins, after ${durationText(fact.waitedMs)} of waiting. ${planText(rollout.plan, rollout.retryOf)}`
    case 'driven':
      return fact.again ? `Taken up again by ${words(fact.driver)}.` : null
    case 'batch-began': {
      const name = fact.canary ? 'Canary' : batchName(fact, rollout.plan)
      return `${name}: ${series(fact.units.map(shortUnit))}`
    }
    case 'stage':
      return fact.stage === 'stopping' && fact.attempt > 0 ? `${shortUnit(fact.unit)} ${words(fact.reason)}` : null
    case 'healthy':
      return `${shortUnit(fact.unit)} ${isNew(fact.unit, rollout) ? 'is up' : 'is back'} on ${words(fact.ip ?? fact.machine ?? 'its machine')} after ${durationText(fact.tookMs)}: ${words(fact.reason)}`
    case 'removed':
      return `${shortUnit(fact.unit)} is gone after ${durationText(fact.tookMs)}: ${words(fact.reason)}`
    case 'outside':
      return `${shortUnit(fact.unit)}: ${words(fact.reason)}.`
    case 'instance-failed':
      return `${shortUnit(fact.unit)} failed: ${words(fact.reason)}`
    case 'batch-done':
      return null
    case 'held':
      return `Waiting: ${words(fact.reason)}`
    case 'going-on':
      return `Going on: ${words(fact.reason)}`
    case 'stuck':
      return stuckText(fact, rollout)
    case 'pause-asked':
      return fact.moving.length === 0
        ? pausesPreparation(fact, rollout)
        : `${personText(fact.by)} ${fact.tier ? `stopped all of ${rollout.plan.tier}` : 'pauses it'}${quoted(fact.reason)}: ${seriesShort(fact.moving)} ${fact.moving.length === 1 ? 'is' : 'are'} brought to ${fact.moving.length === 1 ? 'its' : 'their'} end first, nothing new begins.`
    case 'paused':
      return `${fact.tier ? `Stopped with all of ${rollout.plan.tier}` : 'Paused'} by ${personText(fact.by)}${quoted(fact.reason)}: ${fact.replaced} of ${fact.of} ${deedOf(rollout.plan)}${awayText(fact.away)}. \`@opsee ${fact.tier ? `go ${rollout.plan.tier}` : `resume ${rollout.id}`}\` lets ${fact.tier ? 'all of it' : 'it'} go on, \`@opsee abort ${rollout.id}\` ends it here.`
    case 'resumed': {
      const who =
        fact.by === null
          ? `The ${fact.tier ? 'stop' : 'pause'} is gone`
          : `${fact.tier ? 'Stop lifted' : 'Resumed'} by ${personText(fact.by)}${quoted(fact.reason)}`
      return `${who}: it goes on at ${fact.replaced} of ${fact.of} ${deedOf(rollout.plan)}.`
    }
    case 'taken':
      return `${mention(fact.by.id)} takes this over from ${mention(fact.from.id)}${quoted(fact.reason)}: ${fact.replaced} of ${fact.of} ${deedOf(rollout.plan)}. ${personText(fact.by)} is asked and told from now on.`
    case 'abort-asked':
      return `${personText(fact.by)} aborted it${quoted(fact.reason)}. Nothing new begins; ${abortText(rollout.plan)}.`
    case 'failing':
      // Told with what it wrote already, and nothing is under way.
      if (rollout.preparation?.stage === 'failed') return null
      return `${fact.unit === null ? `It cannot go on: ${words(fact.reason)}. ` : ''}Nothing new begins; what is under way is brought back up.`
    case 'ended':
      return endText(rollout, fact)
  }
}

/** A rollback has batches of its own. */
function batchName({ batch, rollback }: Extract<Fact, { kind: 'batch-began' }>, { batches }: Plan): string {
  if (rollback === undefined) return `Batch ${batch + 1} of ${batches.length}`
  return rollback.of === 1 ? 'Rollback' : `Rollback batch ${batch + 1} of ${rollback.of}`
}

/** Where nothing moves, it is not worth a line; a failure that is rolled back is told with its journal. */
function releaseLine(fact: ReleaseFact, rollout: Rollout): string | null {
  if (fact.kind === 'release-moved' && fact.again && rollout.plan.release?.from === fact.to.digest) return null
  const text = releaseFactText(fact, rollout)
  if (fact.kind !== 'rollback-due') return text
  const { failure } = fact
  return [
    `${mention(ownerOf(rollout).id)} ${text}`,
    ...(failure === null ? [] : [failure]),
    ...journalLines(rollout, fact),
  ].join('\n')
}

function journalLines(
  rollout: Rollout,
  { journal, noJournal }: { readonly journal: readonly string[]; readonly noJournal: string | null },
): readonly string[] {
  return [
    ...(journal.length === 0 ? [] : ['Last lines of its journal:', ...journal.map((line) => `> ${words(line)}`)]),
    ...(noJournal === null ? [] : [noJournalText(rollout, noJournal)]),
  ]
}

function pausesPreparation(fact: Extract<Fact, { kind: 'pause-asked' }>, { plan }: Rollout): string | null {
  if (fact.preparing !== true || plan.preparation === null) return null
  const who = `${personText(fact.by)} ${fact.tier ? `stopped all of ${plan.tier}` : 'pauses it'}${quoted(fact.reason)}`
  return `${who}: ${words(commandText(plan.preparation.command))} is brought to its end first, nothing new begins.`
}

const isNew = (unit: string, { instances }: Rollout): boolean =>
  instances.some((one) => one.unit === unit && one.task === 'add')

const quoted = (reason: string | null): string => (reason === null ? '' : ` ("${words(reason)}")`)

const seriesShort = (units: readonly string[]): string =>
  units.length > 4 ? count(units.length, 'instance') : series(units.map(shortUnit))

function awayText(away: readonly string[] | null): string {
  if (away === null) return '; the fleet does not say what runs'
  return away.length === 0 ? '; nothing is away' : `; ${seriesShort(away)} ${away.length === 1 ? 'is' : 'are'} away`
}

function queuedText(fact: Extract<Fact, { kind: 'queued' }>, { id }: Rollout): string {
  if (fact.asks === true) {
    return `It waits: ${words(fact.reason)}. \`@opsee confirm ${id}\` starts it, \`@opsee abort ${id}\` takes it out.`
  }
  const again = fact.retryOf === null ? '' : `Takes up rollout ${fact.retryOf} again. `
  return `${again}It waits: ${words(fact.reason)}. Rights, locks and plan ${fact.hash} (${count(fact.instances, 'instance')}) are checked again when its turn comes; then it begins by itself.`
}

function changedText({ was, plan, obstacles }: Extract<Fact, { kind: 'plan-changed' }>, rollout: Rollout): string {
  const lines = [
    ...(plan.hash === was
      ? []
      : [`What would be done now is not what was accepted (plan ${was}) any more. ${planText(plan, rollout.retryOf)}`]),
    ...obstacles.map((one) => `Stands in the way: ${words(one.message)}.`),
    `Nothing was begun: it waits for a yes. \`@opsee confirm ${rollout.id}\` starts it so, \`@opsee abort ${rollout.id}\` takes it out.${upTo(rollout)}`,
  ]
  return lines.join('\n')
}

/** Whoever owns it is notified; a hook is nobody to notify. */
function upTo(rollout: Rollout): string {
  const owner = mention(ownerOf(rollout).id)
  return owner.startsWith('<@') ? ` ${owner}, please decide.` : ''
}

function planText(plan: Plan, retryOf: number | null): string {
  const units = plan.batches.flat()
  const atOnce = Math.min(plan.atOnce, units.length)
  const lines = [
    `${retryOf === null ? 'Plan' : `Takes up rollout ${retryOf} again. Plan`} ${plan.hash}: ${workText(plan)}, ${atOnce === 1 ? 'one at a time' : `${atOnce} at a time`}${plan.canary ? ', a canary first' : ''}: ${series(units.map((one) => shortUnit(one.unit)))}.`,
    ...preparationPlanLines(plan),
    ...releasePlanLines(plan),
    proofText(plan),
    ...plan.warnings.map((warning) => `Note: ${words(warning)}.`),
  ]
  return lines.join('\n')
}

function workText({ batches, scale }: Plan): string {
  const units = count(batches.flat().length, 'instance')
  return scale === null ? units : `from ${scale.from} to ${scale.to} instances, ${units} ${deedOf({ scale })}`
}

function endText(rollout: Rollout, { reason, ...shown }: Extract<Fact, { kind: 'ended' }>): string {
  const { plan, phase } = rollout
  const who = mention(ownerOf(rollout).id)
  const ms = tookMs(rollout)
  const took = ms === null ? '' : ` in ${durationText(ms)}`
  const releases = releaseStateText(rollout)
  const copies = oldCopiesText(rollout)
  if (phase === 'succeeded') {
    const clean = copies === null ? 'succeeded' : 'succeeded, with a warning'
    const line = `${who} ${plan.service} ${plan.tier} ${clean}: ${words(reason)}${took}.`
    return [line, ...(copies === null ? [] : [copies]), ...(releases === null ? [] : [releases])].join('\n')
  }
  if (phase === 'cancelled') {
    return `${who} ${plan.service} ${plan.tier} ${phaseText(phase)}: ${words(reason)}. Nothing was done.\n${cancelledSteps(rollout)}`
  }
  const failure = firstFailureText(rollout)
  const back = rollbackVerdict(rollout)
  const verdict =
    back === null
      ? `${plan.service} ${plan.tier} ${phaseText(phase)}${took}: ${words(reason)}.`
      : phase === 'rolled-back'
        ? `↩️ ${back}`
        : `🚨 ${back} *A person is needed.*`
  const lines = [
    `${who} ${verdict}`,
    `At the end: ${fleetStateText(rollout)}. ${atEndText(rollout)}`,
    ...(copies === null ? [] : [copies]),
    ...(releases === null ? [] : [releases]),
    ...(failure === null ? [] : [failure]),
    ...journalLines(rollout, shown),
    nextStepsText(rollout),
  ]
  return lines.join('\n')
}

function noJournalText({ ending, rollback }: Rollout, why: string): string {
  const unit = ending?.kind === 'failed' ? ending.unit : (rollback?.unit ?? null)
  return `Its journal could not be read: ${words(why.replace(/\.+$/, ''))}. Where ssh reaches its machine: \`fleetctl journal --lines 100 ${unit ?? ''}\`.`
}
