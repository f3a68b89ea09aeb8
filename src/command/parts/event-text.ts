import { durationText } from '../../domain/duration.ts'
import type { Fact } from '../../domain/event.ts'
import { isPreparationFact, preparationFactText } from '../../domain/preparation-text.ts'
import { isReleaseFact, releaseFactText } from '../../domain/release-words.ts'
import type { Rollout, Stage } from '../../domain/rollout.ts'
import { code, personText, phaseText, series, shortUnit, words } from '../../domain/wording.ts'

const stageWords: Readonly<Record<Stage, string>> = {
  waiting: 'waits',
  detaching: 'its sidekicks were told to stop',
  stopping: 'was told to stop',
  starting: 'was told to start',
  proving: 'runs, and must prove itself',
  attaching: 'is healthy',
  removing: 'was told to be gone',
  done: 'is done',
  failed: 'failed',
  kept: 'was left as it was',
}

/** One event of a timeline, in words. */
export function eventText(fact: Fact, rollout: Rollout): string {
  if (isReleaseFact(fact)) return releaseFactText(fact, rollout)
  if (isPreparationFact(fact)) {
    const output = fact.kind === 'preparation-began' ? [] : fact.output.lines
    return [preparationFactText(fact, rollout), ...output.map((line) => code(line))].join('\n')
  }
  switch (fact.kind) {
    case 'accepted':
      return `accepted, asked for by ${personText(fact.by)}${fact.retryOf === null ? '' : `, taking up rollout ${fact.retryOf}`}`
    case 'queued':
      return `accepted, asked for by ${personText(fact.by)}${fact.retryOf === null ? '' : `, taking up rollout ${fact.retryOf}`}; it waits: ${words(fact.reason)}`
    case 'waits':
      return `it waits: ${words(fact.reason)}`
    case 'plan-changed': {
      const why = fact.obstacles.length === 0 ? '' : `; ${fact.obstacles.map((one) => words(one.message)).join('; ')}`
      return `it waits for a yes to plan ${code(fact.plan.hash)}; accepted was ${code(fact.was)}${why}`
    }
    case 'confirmed':
      return `${personText(fact.by)} said yes to plan ${code(fact.hash)}`
    case 'begun':
      return `its turn came, after ${durationText(fact.waitedMs)} of waiting`
    case 'driven':
      return `${fact.again ? 'taken up again' : 'driven'} by ${words(fact.driver)}`
    case 'batch-began':
      return `${fact.canary ? 'canary' : `${fact.rollback === undefined ? '' : 'rollback '}batch ${fact.batch + 1}`} began: ${series(fact.units.map(shortUnit))}`
    case 'stage': {
      const again = fact.attempt > 1 ? `, attempt ${fact.attempt}` : ''
      return `${shortUnit(fact.unit)} ${stageText(fact.stage, again, fact.reason)}`
    }
    case 'healthy': {
      const where = fact.ip ?? fact.machine
      return `${shortUnit(fact.unit)} is healthy${where === null ? '' : ` on ${words(where)}`} after ${durationText(fact.tookMs)}: ${words(fact.reason)}`
    }
    case 'removed':
      return `${shortUnit(fact.unit)} is gone after ${durationText(fact.tookMs)}: ${words(fact.reason)}`
    case 'outside':
      return `${shortUnit(fact.unit)}: ${words(fact.reason)}`
    case 'instance-failed':
      return `*${shortUnit(fact.unit)} failed*: ${words(fact.reason)}`
    case 'batch-done':
      return `batch ${fact.batch + 1} is done`
    case 'held':
      return `it cannot go on: ${words(fact.reason)}`
    case 'going-on':
      return `it goes on: ${words(fact.reason)}`
    case 'stuck': {
      const what = fact.unit === null ? fact.reason : `${shortUnit(fact.unit)} ${fact.reason}`
      return `*stuck* for ${durationText(fact.forMs)}: ${words(what)}`
    }
    case 'pause-asked':
      return `${personText(fact.by)} ${fact.tier ? 'stopped the whole tier' : 'asked to pause'}${fact.reason === null ? '' : `: ${words(fact.reason)}`}`
    case 'paused':
      return `*paused* at ${fact.replaced} of ${fact.of} replaced${fact.away === null || fact.away.length === 0 ? '' : `, with ${series(fact.away.map(shortUnit))} away`}`
    case 'resumed':
      return `${fact.by === null ? 'the pause is gone' : `resumed by ${personText(fact.by)}`}${fact.reason === null ? '' : `: ${words(fact.reason)}`}`
    case 'taken':
      return `${personText(fact.by)} took it over from ${personText(fact.from)}${fact.reason === null ? '' : `: ${words(fact.reason)}`}`
    case 'abort-asked':
      return `${personText(fact.by)} asked to abort${fact.reason === null ? '' : `: ${words(fact.reason)}`}`
    case 'failing':
      return `it will fail${fact.unit === null ? '' : ` because of ${shortUnit(fact.unit)}`}: ${words(fact.reason)}`
    case 'ended': {
      const lines = fact.journal.map((line) => code(line))
      const none = fact.noJournal === null ? [] : [`no journal: ${words(fact.noJournal)}`]
      return [`*${phaseText(fact.phase)}*: ${words(fact.reason)}`, ...lines, ...none].join('\n')
    }
  }
}

/** The stage, and what the reason says beyond its words: it often ends with what was done, or says all of it itself. */
function stageText(stage: Stage, again: string, reason: string): string {
  const said = stageWords[stage]
  if (reason.startsWith(said)) return words(reason)
  if (stage === 'attaching' && reason.startsWith('healthy')) return `is ${words(reason)}`
  // It came up and fell over: systemd starts it again, and not we.
  if (reason.startsWith('does not run any more')) return `must come up again: ${words(reason)}`
  const deed = /(?:^|, )(told to (?:stop|start|be gone))$/.exec(reason)
  const why = deed?.[1] !== undefined && said.endsWith(deed[1]) ? reason.slice(0, deed.index) : reason
  return `${said}${again}${why === '' ? '' : `: ${words(why)}`}`
}
