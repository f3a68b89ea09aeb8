import type { Clock } from '../../ports/clock.ts'
import type { ClusterView } from '../../ports/scheduler.ts'
import type { FleetReading } from './read-fleet.ts'
import { track, type KnownView } from './track.ts'
import { seconds } from './words.ts'

/** Milliseconds that the polling goes on after the last reader: between two looks of a driver nothing is missed. */
const interestMs = 5_000

export interface Poller {
  observe(timeoutMs: number, signal?: AbortSignal): Promise<ClusterView>
  /** Ends the poll under way and answers all who wait. */
  close(): Promise<void>
}

interface Waiter {
  /** Why polls that began after it came gave no answer; null while none has ended. */
  reason: string | null
  settle(view: ClusterView): void
}

/** Between two polls that nobody waits for, in intervals: enough to see a unit flap, and to keep the series unbroken. */
const idleIntervals = 4

/** A poll that took longer than the interval is still followed by a pause, this part of it: a slow fleet is not pressed. */
const leastPause = 0.2

/**
 * One poll at a time for all readers of a fleet, and none when nobody is interested. Polls that somebody waits for begin
 * `pollMs` apart; one who comes later than that after the last is served at once.
 */
export function createPoller(
  read: (signal: AbortSignal, progress: (text: string) => void) => Promise<FleetReading>,
  clock: Clock,
  pollMs: number,
): Poller {
  const waiters = new Set<Waiter>()
  const closing = new AbortController()
  let newest: KnownView | null = null
  let progress: string | null = null
  let interestAt = -Infinity
  let loop: Promise<void> | null = null
  /** Ends the pause in which nobody waits. */
  let nap: AbortController | null = null

  const unknown = (startedAt: number, reason: string): ClusterView => {
    return { kind: 'unknown', startedAt, endedAt: clock.monotonic(), reason }
  }

  async function poll(): Promise<void> {
    const served = [...waiters]
    const startedAt = clock.monotonic()
    const reading = await read(closing.signal, (text) => (progress = text))
    progress = null
    if (reading.kind === 'unknown') {
      for (const waiter of served) waiter.reason = reading.reason
      return
    }
    newest = track(newest, reading, { startedAt, endedAt: clock.monotonic() })
    for (const waiter of served) waiter.settle(newest)
  }

  async function polling(): Promise<void> {
    // Whoever asks in the same turn is served by the same poll.
    await Promise.resolve()
    while (!closing.signal.aborted && (waiters.size > 0 || clock.monotonic() - interestAt < interestMs)) {
      const startedAt = clock.monotonic()
      await poll()
      const left = startedAt + pollMs - clock.monotonic()
      await clock.sleep(Math.max(left, pollMs * leastPause), closing.signal)
      if (waiters.size > 0) continue
      nap = new AbortController()
      const called = AbortSignal.any([nap.signal, closing.signal])
      await clock.sleep(startedAt + idleIntervals * pollMs - clock.monotonic(), called)
      nap = null
    }
  }

  function interested(): void {
    interestAt = clock.monotonic()
    if (closing.signal.aborted) return
    loop ??= polling().finally(() => (loop = null))
  }

  return {
    observe(timeoutMs, signal) {
      const since = clock.monotonic()
      if (closing.signal.aborted) return Promise.resolve(unknown(since, 'the scheduler was closed'))
      if (signal?.aborted === true) return Promise.resolve(unknown(since, 'the look was called off'))
      return new Promise((resolve) => {
        const over = new AbortController()
        const waiter: Waiter = {
          reason: null,
          settle(view) {
            if (!waiters.delete(waiter)) return
            over.abort()
            signal?.removeEventListener('abort', callOff)
            resolve(view)
          },
        }
        const callOff = (): void => waiter.settle(unknown(since, 'the look was called off'))
        signal?.addEventListener('abort', callOff, { once: true })
        waiters.add(waiter)
        interested()
        nap?.abort()
        void clock.sleep(timeoutMs, over.signal).then(() => {
          waiter.settle(unknown(since, timedOut(timeoutMs, waiter.reason ?? progress)))
        })
      })
    },

    async close() {
      closing.abort()
      for (const waiter of waiters) waiter.settle(unknown(clock.monotonic(), 'the scheduler was closed'))
      await loop
    },
  }
}

function timedOut(timeoutMs: number, detail: string | null): string {
  return `fleet did not answer within ${seconds(timeoutMs)}${detail === null ? '' : ` (${detail})`}`
}
