import { query, type QueryContext } from '../src/command/define.ts'
import { count, flag, optional, rolloutId } from '../src/command/fields.ts'
import { eventText } from '../src/command/parts/event-text.ts'
import { idOrThread } from '../src/command/parts/in-thread.ts'
import { fleetSentence, reasonText, rolloutVerdict } from '../src/command/parts/rollout-text.ts'
import { describedAs } from '../src/command/parts/target-releases.ts'
import { unreadableLines } from '../src/command/parts/unreadable.ts'
import { done, refused, table } from '../src/command/text.ts'
import { compareLink } from '../src/domain/compare-link.ts'
import { firstFailureText } from '../src/domain/failure-text.ts'
import { releaseText } from '../src/domain/release.ts'
import type { Rollout } from '../src/domain/rollout.ts'
import { code, link, words } from '../src/domain/wording.ts'

export default query({
  summary: 'The whole timeline of one rollout, with times from its start.',
  notes: 'In the thread of a rollout it needs no number.',
  examples: ['show 12', 'show 12 --after 80'],
  positionals: { id: optional(rolloutId()) },
  flags: { after: flag(count(0, 1_000_000), { help: 'Only what came behind that many events.' }) },
  async answer({ id: typed, after }, context) {
    const { read } = context
    const which = await idOrThread('show', typed, () => true, context)
    if (which.kind === 'answer') return which.reply
    const { id } = which
    const [rollout, events] = await Promise.all([read.rollouts.get(id), read.rollouts.events(id)])
    if (rollout === null)
      return refused(`There is no rollout ${id}: \`history\` lists those that ended, \`status\` those that live.`)
    const from = after ?? 0
    const failure = firstFailureText(rollout)
    const rows = events.records
      .filter((event) => event.seq > from)
      .map((event) => ({
        name: offset(event.at - rollout.createdAt),
        text: eventText(event.fact, rollout),
        seq: event.seq,
      }))
    const batches = rollout.plan.batches.map((batch) => batch.length).join('+')
    const shown = withinRoom(rows)
    const left = rows.length - shown.length
    return done(
      [
        `${rolloutVerdict(rollout, read.now())}${reasonText(rollout.reason)}`,
        `Typed: ${code(rollout.command)}. Plan ${code(rollout.plan.hash)}, batches of ${batches}.${rollout.retryOf === null ? '' : ` Takes up rollout ${rollout.retryOf}.`}`,
        ...(await releaseLines(rollout, read)),
        fleetSentence(rollout),
        ...(failure === null ? [] : [failure]),
        ...unreadableLines(events.unreadable),
        ...table(shown),
        ...(left === 0
          ? []
          : [`… and ${left} more events: ${code(`show ${id} --after ${shown.at(-1)?.seq ?? from}`)}`]),
      ],
      { rollouts: [id] },
    )
  },
})

/** `Release: from v1 (…) to v2 (…): compare them`, a link where their labels name one. */
async function releaseLines({ plan, phase }: Rollout, read: QueryContext['read']): Promise<readonly string[]> {
  const { release, rollback } = plan
  if (release === null) return []
  const { from, to } = release
  const name = words(releaseText(to))
  if (from === to.digest) return [`Release: ${name}, which was wanted before.`]
  const old = from === null ? null : await describedAs(plan.service, from, read)
  const address = old === null ? null : compareLink(old, to)
  const back =
    phase === 'rolled-back' && rollback !== null ? [`It was rolled back to ${words(releaseText(rollback.to))}.`] : []
  return [
    `Release: from ${old === null ? 'nothing' : words(releaseText(old))} to ${name}${address === null ? '' : `: ${link(address, 'compare them')}`}`,
    ...back,
  ]
}

/** Characters of timeline in one answer; what is behind is shown on request, by event and not by line. */
const room = 7500

function withinRoom<T extends { readonly name: string; readonly text: string }>(rows: readonly T[]): readonly T[] {
  let size = 0
  const cut = rows.findIndex((row) => {
    size += row.name.length + row.text.length + 5
    return size > room
  })
  return cut === -1 ? rows : rows.slice(0, Math.max(1, cut))
}

/** `+0.0s`, `+43.2s`, `+3m05s`, `+1h02m05s`. */
function offset(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 60) return `+${seconds.toFixed(1)}s`
  const whole = Math.floor(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const minutes = `${Math.floor(whole / 60) % 60}`
  return whole < 3600
    ? `+${minutes}m${two(whole % 60)}s`
    : `+${Math.floor(whole / 3600)}h${minutes.padStart(2, '0')}m${two(whole % 60)}s`
}
