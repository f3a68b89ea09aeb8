import { durationText } from '../../domain/duration.ts'
import { isPreparing } from '../../domain/preparation.ts'
import { isOver, tookMs, type Rollout } from '../../domain/rollout.ts'
import { waitsForText } from '../../domain/waiting-text.ts'
import { ago, clockText, dateText, fleetStateText, personText, phaseText, words } from '../../domain/wording.ts'

/** "Rollout 12, a deploy of api to production," without its verb. */
export const rolloutName = (rollout: Pick<Rollout, 'id' | 'plan'>): string =>
  `Rollout ${rollout.id} (${rollout.plan.kind} of ${rollout.plan.service} in ${rollout.plan.tier})`

/** "Rollout 12 (deploy of api in production) failed 4m ago." */
export function rolloutVerdict(rollout: Rollout, now: number): string {
  if (rollout.waiting !== null)
    return `${rolloutName(rollout)} waits, asked for ${ago(rollout.createdAt, now)} by ${personText(rollout.requestedBy)}: ${words(waitsForText(rollout.waiting.for, rollout.plan.tier))}.`
  if (!isOver(rollout))
    return `${rolloutName(rollout)} ${liveText(rollout)}, begun ${ago(rollout.begunAt ?? rollout.createdAt, now)} by ${personText(rollout.requestedBy)}${rollout.stuck === null ? '' : `, stuck since ${clockText(rollout.stuck)}`}.`
  const { ending } = rollout
  if (ending?.kind === 'cancelled') {
    return `${rolloutName(rollout)} ${phaseText(rollout.phase)}, ${ago(rollout.endedAt ?? rollout.createdAt, now)}: ${words(ending.reason)}.`
  }
  const ms = tookMs(rollout)
  const when = rollout.endedAt === null || ms === null ? '' : ` ${ago(rollout.endedAt, now)}, after ${durationText(ms)}`
  const by = ending?.kind === 'aborted' ? ` by ${personText(ending.by)}` : ''
  return `${rolloutName(rollout)} ${phaseText(rollout.phase)}${by}${when}; it was begun by ${personText(rollout.requestedBy)}.`
}

/** "is rolling", "is paused by @ann". */
export function liveText({ phase, pause, preparation }: Pick<Rollout, 'phase' | 'pause' | 'preparation'>): string {
  if (pause === null) return isPreparing({ preparation }) ? 'runs its preparation' : phaseText(phase)
  const [now, soon] = pause.kind === 'stop' ? ['is stopped', 'is being stopped'] : ['is paused', 'is being paused']
  return `${phase === 'paused' ? now : soon}${pause.kind === 'stop' ? ' with its whole tier' : ''} by ${personText(pause.by)}`
}

/** What it means for the fleet, as a sentence: now, or at its end, since what runs may have changed after that. */
export function fleetSentence(rollout: Rollout): string {
  if (rollout.phase === 'cancelled') return 'Nothing was done.'
  const when = isOver(rollout)
    ? `At its end${rollout.endedAt === null ? '' : `, ${dateText(rollout.endedAt)}`}`
    : 'The fleet now'
  return `${when}: ${fleetStateText(rollout)}.`
}

export const reasonText = (reason: string | null): string => (reason === null ? '' : ` Reason: ${words(reason)}.`)

/** Units that a retry would have to do. */
export const unitsLeft = (rollout: Rollout): readonly string[] =>
  rollout.instances.filter((instance) => instance.stage !== 'done').map((instance) => instance.unit)
