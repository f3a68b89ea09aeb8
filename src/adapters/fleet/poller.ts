import type { Clock } from '../../ports/clock.ts'
import type { ClusterView, Recent } from '../../ports/scheduler.ts'
import { linkedAbort } from './linked-abort.ts'
import type { FleetReading } from './read-fleet.ts'
import { track, type KnownView } from './track.ts'
import { seconds } from './words.ts'

/** Milliseconds that the polling goes on after the last reader: between two looks of a driver nothing is missed. */
const interestMs = 5_000

export interface Poller {
  observe(timeoutMs: number, signal?: AbortSignal, recent?: Recent): Promise<ClusterView>
  /** Something was asked of the fleet: what was read of its wishes before is not good enough for anybody any more. */
  asked(): void
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
  glance: (limit: {
    readonly timeLimitMs: number
    readonly signal: AbortSignal
  }) => Promise<string | null> = async () => null,
): Poller {
  const waiters = new Set<Waiter>()
  const closing = new AbortController()
  let newest: KnownView | null = null
  /** What was reported in the newest look; null when that look is not good enough for a glance. */
  let reports: string | null = null
  let askedAt = -Infinity
  let glancing = false
  let reading = false
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
    reading = true
    const seen = await read(closing.signal, (text) => (progress = text)).finally(() => (reading = false))
    progress = null
    if (seen.kind === 'unknown') {
      for (const waiter of served) waiter.reason = seen.reason
      return
    }
    newest = track(newest, seen, { startedAt, endedAt: clock.monotonic() })
    reports = startedAt > askedAt ? (seen.reports ?? null) : null
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

  /** The newest look, where one list says that nothing has changed since; null when it must be looked anew. */
  async function unchanged(recent: Recent, timeoutMs: number, signal?: AbortSignal): Promise<KnownView | null> {
    const startedAt = clock.monotonic()
    const [before, then] = [newest, reports]
    // Where a look is under way or waited for, that one answers.
    const busy = glancing || reading || waiters.size > 0
    if (before === null || then === null || busy || startedAt - before.startedAt > recent.wantedWithinMs) return null
    glancing = true
    const calledOff = linkedAbort(closing.signal, ...(signal === undefined ? [] : [signal]))
    const now = await glance({ timeLimitMs: timeoutMs, signal: calledOff.signal }).finally(() => (glancing = false))
    calledOff.unlink()
    // Meanwhile there may have been a look, or something was asked of the fleet.
    if (now !== then || newest !== before || reports !== then) return null
    return { ...before, startedAt, endedAt: clock.monotonic(), wantedAt: before.startedAt }
  }

  const look = (timeoutMs: number, signal?: AbortSignal): Promise<ClusterView> => {
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
  }

  return {
    async observe(timeoutMs, signal, recent) {
      if (recent === undefined) return look(timeoutMs, signal)
      const began = clock.monotonic()
      const view = await unchanged(recent, timeoutMs, signal)
      return view ?? look(Math.max(0, timeoutMs - (clock.monotonic() - began)), signal)
    },

    asked() {
      askedAt = clock.monotonic()
      reports = null
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
