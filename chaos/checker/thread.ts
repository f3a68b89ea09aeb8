import { z } from 'zod'
import { closingMessages } from './endings.ts'
import type { Evidence, Message, Violation } from './evidence.ts'
import type { Story, Told } from './story.ts'

/**
 * Invariant 6: what the thread says is what the store says, in order, with the final state always delivered. It knows by
 * itself how a line of each kind begins, and compares which kinds stand there, of which instance, in which order.
 */
export function toldAsStored(evidence: Evidence, stories: readonly Story[]): Violation[] {
  return stories.flatMap((story) => {
    const say = (message: string): Violation => ({ invariant: 6, rollout: story.id, message })
    const found: Violation[] = []
    const roots = rootsOf(evidence, story)
    const [root] = roots
    if (roots.length !== 1 || root === undefined) return [say(`has ${roots.length} root messages`)]
    const told = linesOf(evidence, story, root).flatMap(markOf)
    const from = (story.begun ?? story.versions[0])?.is.plan.release?.from ?? null
    const stored = story.events.flatMap((event) => marksOf(event, from))
    const missing = story.events.findIndex(({ seq }, index) => seq !== index + 1)
    if (missing !== -1) found.push(say(`has no event ${missing + 1} in the store`))
    if (told.join('\n') !== stored.join('\n')) {
      const at = stored.findIndex((mark, index) => told[index] !== mark)
      const where = at === -1 ? stored.length : at
      found.push(
        say(
          `its thread says "${told[where] ?? 'nothing'}" as line ${where + 1} where the store has "${stored[where] ?? 'nothing more'}"`,
        ),
      )
    }
    if (story.ended === null) return found
    const { phase } = story.ended.is
    const verdict = words[phase] ?? phase
    if (!root.text.includes(verdict)) found.push(say(`ended as ${phase}, and its root message says: ${root.text}`))
    const [closing] = closingMessages(evidence, story.id)
    if (closing !== undefined && !closing.text.includes(verdict)) {
      found.push(say(`ended as ${phase}, and its closing message says: ${closing.text}`))
    }
    const reactions = root.reactions.filter(({ users }) => users.includes(evidence.bot)).map(({ name }) => name)
    const isClean = phase !== 'succeeded' || !saysOldCopy(linesOf(evidence, story, root))
    const wanted = isClean ? reaction[phase] : notClean
    if (wanted !== undefined && reactions.join() !== wanted) {
      found.push(say(`ended as ${phase}, and its root message has the reactions ${reactions.join(', ') || 'none'}`))
    }
    return found
  })
}

const rootsOf = (evidence: Evidence, { id }: Story): readonly Message[] =>
  evidence.messages.filter(({ user, text }) => user === evidence.bot && text.startsWith(`Rollout ${id}: `))

/** All that was said in its thread, by lines. */
export function threadOf(evidence: Evidence, story: Story): readonly string[] {
  const [root] = rootsOf(evidence, story)
  return root === undefined ? [] : linesOf(evidence, story, root)
}

const words: Readonly<Record<string, string>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  aborted: 'aborted',
  'rolled-back': 'failed and was rolled back',
  'rollback-failed': 'failed, and its rollback failed too',
  cancelled: 'was cancelled before it began',
}
const reaction: Readonly<Record<string, string>> = {
  succeeded: 'white_check_mark',
  failed: 'x',
  aborted: 'no_entry_sign',
  'rolled-back': 'leftwards_arrow_with_hook',
  'rollback-failed': 'rotating_light',
  cancelled: 'heavy_minus_sign',
}

/** A success with an old copy that was not seen to stop is not shown as clean. */
const notClean = 'warning'
const saysOldCopy = (lines: readonly string[]): boolean =>
  lines.some((line) => line.startsWith('Opsee did not see the old copy of '))

/** How the first line of each kind of event looks; what is in brackets names it. Kinds that are not here are passed over. */
const heads: readonly (readonly [kind: string, line: RegExp])[] = [
  [
    'queued',
    /^(?:Takes up rollout \d+ again\. )?It waits: .*(?: are checked again when its turn comes; |` starts it, )/,
  ],
  ['waits', /^It waits: /],
  ['plan-changed', /^Nothing was begun: it waits for a yes\. /],
  ['confirmed', / said yes to plan [0-9a-f]+\.$/],
  ['begun', /^It begins, after /],
  ['accepted', /^(?:Takes up rollout \d+ again\. )?Plan [0-9a-f]+: /],
  ['driven', /^Taken up again by /],
  ['batch-began', /^(?:Canary|Batch \d+ of \d+|Rollback(?: batch \d+ of \d+)?): /],
  ['healthy', /^(\S+) is (?:back|up) on /],
  ['removed', /^(\S+) is gone after /],
  ['instance-failed', /^(\S+) failed: /],
  ['held', /^Waiting: /],
  ['going-on', /^Going on: /],
  ['stuck', /^Stuck for /],
  ['release-moving', /^Release: .* is moved from /],
  ['release-moved', /^Release: .* (?:names|was seen to name) /],
  ['early', /^(\S+) runs .* before its turn: /],
  ['rollback-due', /^<@\S+> It failed: .* It rolls back to /],
  ['rollback-put-off', / puts the rollback off: /],
  ['rollback-stopped', / stopped the rollback(?: \(".*"\))?: /],
  ['rolling-back', /^Rolling back to /],
  ['pause-asked', / (?:pauses it|stopped all of \S+)(?: \(".*"\))?: /],
  ['paused', /^(?:Paused|Stopped with all of \S+) by /],
  ['resumed', /^(?:Resumed by|Stop lifted by|The pause is gone|The stop is gone)/],
  ['taken', / takes this over from <@\S+>/],
  ['abort-asked', / aborted it(?: \(".*"\))?\. Nothing new begins/],
  ['ended', /^<@\S+> (?:\S+ \S+ (?:succeeded|failed|was aborted|was cancelled)\b|(?:↩️|🚨) \S+ \S+: \S+ failed)/],
]

const release = z.object({ digest: z.string() })

function marksOf({ fact }: Told, from: string | null): string[] {
  if (!heads.some(([kind]) => kind === fact.kind)) return []
  // The first driver is no news.
  if (fact.kind === 'driven' && fact['again'] !== true) return []
  // With nothing under way it is told by the pause itself.
  if (fact.kind === 'pause-asked' && Array.isArray(fact['moving']) && fact['moving'].length === 0) return []
  // Where nothing moves, it is not worth a line.
  const to = fact.kind === 'release-moved' && fact['again'] === true ? release.parse(fact['to']).digest : null
  if (to !== null && to === from) return []
  const unit = ['healthy', 'removed', 'instance-failed', 'early'].includes(fact.kind) ? fact['unit'] : null
  return [typeof unit === 'string' ? `${fact.kind} ${unit.replace(/\.service$/, '')}` : fact.kind]
}

function linesOf(evidence: Evidence, { versions }: Story, root: Message): string[] {
  const thread = versions[0]?.is.place.thread ?? root.ts
  return evidence.messages
    .filter(
      (one) =>
        one.channel === root.channel &&
        one.user === evidence.bot &&
        one.ephemeral_to === undefined &&
        one.ts !== root.ts &&
        one.thread_ts === (root.thread_ts ?? thread),
    )
    .flatMap(({ text }) => text.split('\n'))
}

function markOf(line: string): string[] {
  const head = heads.find(([, pattern]) => pattern.test(line))
  if (head === undefined) return []
  const unit = head[1].exec(line)?.[1]
  return [unit === undefined ? head[0] : `${head[0]} ${unit}`]
}
