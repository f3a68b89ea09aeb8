import type { Clock } from '../../ports/clock.ts'

/** How long a question with all its requests may take. */
export interface Patience {
  readonly clock: Clock
  /** On the monotonic clock, in milliseconds. */
  readonly until: number
  /** For each of its requests, in milliseconds. */
  readonly requestMs: number
  /** Of whoever asks. */
  readonly signal: AbortSignal | undefined
}

export function patience(clock: Clock, totalMs: number, requestMs: number, signal?: AbortSignal): Patience {
  return { clock, until: clock.monotonic() + totalMs, requestMs, signal }
}

/** Milliseconds that are left; 0 when it is over. */
export const left = ({ clock, until, signal }: Patience): number =>
  signal?.aborted === true ? 0 : Math.max(0, until - clock.monotonic())

/** What one request came to: its value, or that its time was over, or that nobody waits for it any more. */
export type Limited<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'late'; readonly afterMs: number }
  | { readonly kind: 'unwanted' }

/** Gives the work one request's time, and ends it by its signal. Rejects as the work does. */
export async function limited<T>(patience: Patience, work: (signal: AbortSignal) => Promise<T>): Promise<Limited<T>> {
  const { clock, signal: outer } = patience
  const afterMs = Math.min(patience.requestMs, left(patience))
  if (isAborted(outer)) return { kind: 'unwanted' }
  // A process that was stopped in the middle goes on here with its lease long gone: nothing may be sent any more.
  if (afterMs <= 0) return { kind: 'late', afterMs: 0 }
  const limit = new AbortController()
  const over = new AbortController()
  const unwanted = (): void => limit.abort()
  outer?.addEventListener('abort', unwanted, { once: true })
  void clock.sleep(afterMs, over.signal).then(() => limit.abort())
  try {
    return { kind: 'done', value: await work(limit.signal) }
  } catch (error) {
    if (isAborted(outer)) return { kind: 'unwanted' }
    if (isAborted(limit.signal)) return { kind: 'late', afterMs }
    throw error
  } finally {
    outer?.removeEventListener('abort', unwanted)
    over.abort()
  }
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true
