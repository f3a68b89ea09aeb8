import type { Clock } from '../ports/clock.ts'

/** How far a command has come, and whether somebody has already been told that it will not be done. */
export interface Passage {
  /** It was authorized and may be changing things: from here on "nothing was changed" would be a guess. */
  acting: boolean
  /** The sender was told that nothing was done: it must not be done. */
  cut: boolean
}

export type Limited<T> =
  | { readonly kind: 'answered'; readonly value: T }
  /** The store did not answer within `storeMs`, and nothing was or will be changed. */
  | { readonly kind: 'store-away' }
  /** It took longer than `wholeMs`. */
  | { readonly kind: 'too-long'; readonly acting: boolean }

export interface Limits {
  /** Slack's user waits: an answer about an absent store comes within this many milliseconds. */
  readonly storeMs: number
  /** The longest that any command may take; a large fleet needs some 20 s for one complete list (FACTS.md 4). */
  readonly wholeMs: number
}

export const usualLimits: Limits = { storeMs: 2800, wholeMs: 60_000 }

/**
 * Runs a command beside a cheap look at the store. A slow fleet is waited for; an absent store is told in time, and then
 * the command stops before it could change anything. Rejects as `work` does.
 */
export async function within<T>(
  work: (passage: Passage) => Promise<T>,
  parts: { readonly clock: Clock; readonly limits: Limits; readonly storeAnswers: () => Promise<unknown> },
): Promise<Limited<T>> {
  const passage: Passage = { acting: false, cut: false }
  const over = new AbortController()
  const never = new Promise<never>(() => undefined)

  const storeAway = async (): Promise<Limited<T>> => {
    const limit = parts.clock.sleep(parts.limits.storeMs, over.signal)
    const answers = parts.storeAnswers().then(
      () => true,
      () => false,
    )
    if (await Promise.race([answers, limit.then(() => false)])) return never
    // A command that needs no store may still answer.
    await limit
    // Past the door the store did answer: what is under way has time limits of its own.
    return passage.acting ? never : { kind: 'store-away' }
  }
  const tooLong = async (): Promise<Limited<T>> => {
    await parts.clock.sleep(parts.limits.wholeMs, over.signal)
    return { kind: 'too-long', acting: passage.acting }
  }
  const answered = async (): Promise<Limited<T>> => ({ kind: 'answered', value: await work(passage) })

  const working = answered()
  try {
    const first = await Promise.race([working, storeAway(), tooLong()])
    if (first.kind !== 'answered') {
      passage.cut = true
      // Its end is of no interest any more, but it must not end the process either.
      working.catch(() => undefined)
    }
    return first
  } finally {
    over.abort()
  }
}
