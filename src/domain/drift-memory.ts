import { z } from 'zod'
import type { LastAttempt } from './last-attempt.ts'
import type { Target } from './target.ts'
import type { Unreadable } from './unreadable.ts'

/** What the schedule remembers of a target from one look to the next, and what it says. Pure; no text is escaped. */

/** What tells one process of an instance from the next; null where that was not seen. */
const processSchema = z.strictObject({
  unit: z.string(),
  /** What its health answer says in the gate's `identity` field. */
  identity: z.string().nullable(),
  /** Under which key and port it announced itself. */
  announced: z.string().nullable(),
  /** The id of the machine that runs it. */
  machine: z.string().nullable(),
})
export type SeenProcess = z.infer<typeof processSchema>

/** An instance that was started again, and by no rollout. */
const restartSchema = z.strictObject({
  unit: z.string(),
  /** It runs on another machine than before. */
  moved: z.boolean(),
  /** When the last such start was seen, and when one was last told: milliseconds since the epoch. */
  at: z.int(),
  toldAt: z.int(),
})
export type Restart = z.infer<typeof restartSchema>

/** `drift/<tier>/<service>`. */
export const driftMemorySchema = z.strictObject({
  /** The last rollout that had ended; null for none. Once another one has, what was seen of processes says nothing. */
  rollout: z.int().nullable(),
  processes: z.array(processSchema),
  /** What was told and still stands. */
  told: z.array(z.string()),
  /** Since that rollout. */
  restarts: z.array(restartSchema),
  /** How many lines were said of this target. */
  lines: z.int().min(0),
  /** The last of them, while nobody knows that it is shown; and since when. */
  sending: z.strictObject({ text: z.string(), at: z.int() }).nullable(),
})
export type DriftMemory = z.infer<typeof driftMemorySchema>

/** What one look saw of one target. */
export interface DriftLook {
  /** The last rollout that had ended; null for none. */
  readonly ended: LastAttempt | null
  readonly findings: readonly string[]
  /** What could not be seen, in words; null when all could. What is not found then may be there all the same. */
  readonly unseen: string | null
  readonly processes: readonly SeenProcess[]
}

export type Found =
  | ({ readonly kind: 'looked' } & DriftLook)
  /** A rollout is under way, and what parts is what it does. */
  | { readonly kind: 'rolling'; readonly id: number }
  | { readonly kind: 'away'; readonly reason: string }
  /** Records that are needed for the comparison. */
  | { readonly kind: 'unreadable'; readonly faults: readonly Unreadable[] }

export interface FoundAt {
  readonly target: Target
  readonly found: Found
}

/** What there is to say: findings that are new, or that there is none any more. */
export type DriftNews = { readonly kind: 'parted'; readonly findings: readonly string[] } | { readonly kind: 'as-left' }

export interface Judged {
  readonly memory: DriftMemory
  readonly news: DriftNews | null
}

/** A restart that goes on and on is told again after this long. */
const restartAgainMs = 24 * 3_600_000

/**
 * What two looks in a row say, held against what was remembered. Only what both saw is new, and only what neither saw is
 * gone; where something could not be seen, nothing is gone. No rollout may have ended between the two.
 */
export function judge(before: DriftMemory | null, first: DriftLook, second: DriftLook, now: number): Judged {
  const old = before?.told ?? []
  const whole = first.unseen === null && second.unseen === null
  const standing = old.filter((text) => !whole || first.findings.includes(text) || second.findings.includes(text))
  const fresh = second.findings.filter((text) => first.findings.includes(text) && !old.includes(text))
  const told = [...standing, ...fresh]

  const ours = before === null || before.rollout !== (second.ended?.id ?? null)
  const known = ours ? [] : before.restarts
  const seen = ours ? [] : restartsSince(before.processes, first, second)
  const restarts = seen.map((one): Restart => {
    const last = known.find(({ unit }) => unit === one.unit)
    const again = last !== undefined && now - last.toldAt < restartAgainMs
    return { ...one, at: now, toldAt: again ? last.toldAt : now }
  })
  const restarted = restarts.filter((one) => one.toldAt === now).map(restartText)

  const findings = [...fresh, ...restarted]
  const news: DriftNews | null =
    findings.length > 0
      ? { kind: 'parted', findings }
      : old.length > 0 && told.length === 0
        ? { kind: 'as-left' }
        : null
  return {
    news,
    memory: {
      rollout: second.ended?.id ?? null,
      processes: ours ? [...second.processes] : processesAfter(before.processes, second.processes, seen),
      told,
      restarts: [...known.filter(({ unit }) => !restarts.some((one) => one.unit === unit)), ...restarts],
      lines: before?.lines ?? 0,
      sending: before?.sending ?? null,
    },
  }
}

/** Those that no rollout has made past since. */
export const restartsAfter = (memory: DriftMemory | null, ended: { readonly id: number } | null): readonly Restart[] =>
  memory !== null && memory.rollout === (ended?.id ?? null) ? memory.restarts : []

/** `… was restarted outside of Opsee`. */
export const restartText = ({ unit, moved }: Pick<Restart, 'unit' | 'moved'>): string =>
  moved
    ? `${unit} was started again on another machine outside of Opsee (fleet moved it, or somebody did)`
    : `${unit} was restarted outside of Opsee (by hand, or it crashed)`

/** Both looks saw another process than was remembered. */
function restartsSince(before: readonly SeenProcess[], first: DriftLook, second: DriftLook) {
  return before.flatMap((was) => {
    const [a, b] = [first, second].map(({ processes }) => {
      const now = processes.find(({ unit }) => unit === was.unit)
      return now === undefined ? null : changed(was, now)
    })
    return a && b ? [{ unit: was.unit, moved: b === 'machine' }] : []
  })
}

/** How it is known to be another process; null where it is not. */
function changed(was: SeenProcess, now: SeenProcess): 'machine' | 'process' | null {
  if (was.machine !== null && now.machine !== null && was.machine !== now.machine) return 'machine'
  if (was.identity !== null && now.identity !== null) return was.identity === now.identity ? null : 'process'
  return was.announced !== null && now.announced !== null && was.announced !== now.announced ? 'process' : null
}

/** What is not seen now, and what only one look saw, stays as it was remembered: the next look decides. */
function processesAfter(
  before: readonly SeenProcess[],
  now: readonly SeenProcess[],
  restarted: readonly { readonly unit: string }[],
): SeenProcess[] {
  const gone = before.filter((was) => !now.some(({ unit }) => unit === was.unit))
  const there = now.map((one) => {
    const was = before.find(({ unit }) => unit === one.unit)
    if (was === undefined || restarted.some(({ unit }) => unit === one.unit)) return one
    if (changed(was, one) !== null) return was
    return {
      unit: one.unit,
      identity: one.identity ?? was.identity,
      announced: one.announced ?? was.announced,
      machine: one.machine ?? was.machine,
    }
  })
  return [...there, ...gone]
}
