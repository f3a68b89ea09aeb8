import type { Clock } from '../../ports/clock.ts'

/**
 * Which requests came already: Slack delivers again what was not acknowledged in time, and on either of two
 * connections. In memory and bounded: the first line only, the store's request keys are the durable one.
 */
export function createSeen(clock: Clock, keepMs = 10 * 60_000, most = 5_000) {
  const times = new Map<string, number>()
  return {
    /** True the first time. */
    first(key: string): boolean {
      const now = clock.monotonic()
      // In order of arrival, so the old ones are in front.
      for (const [old, at] of times) {
        if (now - at < keepMs && times.size < most) break
        times.delete(old)
      }
      if (times.has(key)) return false
      times.set(key, now)
      return true
    },
  }
}
