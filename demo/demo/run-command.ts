import { setTimeout as sleep } from 'node:timers/promises'
import { isOver, type Rollout } from '../../src/domain/rollout.ts'
import type { Instance } from '../fleet/start.ts'
import type { Journal } from './journal.ts'
import type { Tell } from './printer.ts'
import { notReplaced, replacements } from './replaced.ts'
import { channels, people, type Stage } from './stage.ts'
import type { SlackWatch } from './watch-slack.ts'

export interface CommandParts {
  readonly stage: Stage
  readonly journal: Journal
  readonly watch: SlackWatch
  readonly tell: Tell
}

const pollMs = 200
const answerMs = 90_000
const rolloutMs = 600_000
/** An answer that says "no" comes alone: a rollout would have been recorded before it. */
const aloneMs = 1500

export interface CommandEnd {
  readonly ok: boolean
  /** What is wrong with the end; when nothing is, what the fleet's own record shows. */
  readonly reasons: readonly string[]
}

const bad = (...reasons: readonly string[]): CommandEnd => ({ ok: false, reasons })

/** Types a command and waits for all that comes of it. Rejects when the bot is gone. */
export async function runCommand(parts: CommandParts, user: keyof typeof people, command: string): Promise<CommandEnd> {
  const { stage, journal, watch, tell } = parts
  const before = (await journal.rollouts()).at(-1)?.id ?? 0
  const shownBefore = watch.shown().length
  const processes = await instances(stage)
  tell({ kind: 'typed', user, command })
  await stage.slack.command(people[user], channels.main, command)

  const answered = await until(stage, answerMs, async () => {
    const rollouts = (await journal.rollouts()).some(({ id }) => id > before)
    return rollouts || watch.shown().length > shownBefore
  })
  if (!answered) return bad(`no answer within ${answerMs / 1000} s`)
  if (!/^(?:deploy|restart|retry|promote|rollback|scale)\b/i.test(command) || /--dry-run\b/.test(command)) {
    await watch.settled(aloneMs, answerMs)
    return { ok: true, reasons: [] }
  }
  await until(stage, aloneMs, async () => (await journal.rollouts()).some(({ id }) => id > before))
  const faults: string[] = []
  const follow = createFollower(parts)
  const ended = await until(stage, rolloutMs, async () => {
    const started = (await journal.rollouts()).filter(({ id }) => id > before)
    await follow(started)
    return started.every(isOver) && !awaitsMore(started)
  })
  const rollouts = (await journal.rollouts()).filter(({ id }) => id > before)
  if (rollouts.length === 0) return bad('no rollout was started')
  if (!ended) return bad(`not at its end after ${rolloutMs / 60_000} minutes`)
  const told = await until(stage, answerMs, async () => {
    const each = await Promise.all(rollouts.map((rollout) => journal.told(rollout)))
    return each.every(Boolean)
  })
  if (!told) faults.push('the thread was not told to its end')
  await watch.settled(1000, answerMs)
  const now = await instances(stage)
  for (const rollout of rollouts) {
    const { service, tier, kind } = rollout.plan
    // A scale replaces none.
    if (rollout.phase === 'succeeded')
      faults.push(...(kind === 'scale' ? [] : notReplaced(rollout, processes(tier), now(tier))))
    else faults.push(`rollout ${rollout.id} of ${service} to ${tier} ${rollout.phase}`)
  }
  if (faults.length > 0) return bad(...faults)
  const reasons = rollouts.flatMap((one) => replacements(one, processes(one.plan.tier), now(one.plan.tier)))
  return { ok: true, reasons }
}

/** A list of services is rolled one after the other: the next begins when this one succeeded. */
function awaitsMore(rollouts: readonly Rollout[]): boolean {
  const last = rollouts.at(-1)
  return last !== undefined && last.phase === 'succeeded' && last.next.length > 0
}

/** Tells the events of rollouts, each once and in order. */
function createFollower({ journal, tell }: CommandParts): (rollouts: readonly Rollout[]) => Promise<void> {
  const seen = new Map<number, number>()
  return async (rollouts) => {
    for (const { id } of rollouts) {
      for (const event of await journal.events(id, seen.get(id) ?? 0)) {
        seen.set(id, event.seq)
        tell({ kind: 'event', event })
      }
    }
  }
}

/** What really runs, by tier. */
async function instances(stage: Stage): Promise<(tier: string) => readonly Instance[]> {
  const byTier = new Map<string, readonly Instance[]>()
  for (const [tier, fleet] of stage.shop.fleets) byTier.set(tier, await fleet.instances())
  return (tier) => byTier.get(tier) ?? []
}

/** Whether it came true within the time. Rejects when the bot is gone. */
async function until(stage: Stage, limitMs: number, holds: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + limitMs
  for (;;) {
    if (await holds()) return true
    const gone = stage.bot.ended()
    if (gone !== null) throw new Error(gone)
    if (performance.now() > end) return false
    await sleep(pollMs)
  }
}
