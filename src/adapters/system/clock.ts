import type { Clock } from '../../ports/clock.ts'

/** The machine's clocks. `monotonic` also counts the time in which this process was stopped (CLOCK_MONOTONIC). */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve()
        return
      }
      const end = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, Math.max(0, ms))
      signal?.addEventListener('abort', end, { once: true })
    }),
}
