import type { Clock } from '../ports/clock.ts'
import type { ClusterView, SchedulerReader, SchedulerWriter } from '../ports/scheduler.ts'

/** Stands for the fleet of a tier that the configuration no longer has: it never answers, and says why. */
export function noScheduler(tier: string, clock: Clock): SchedulerReader & SchedulerWriter {
  const reason = `the configuration has no tier ${tier} any more`
  const unknown = (): ClusterView => {
    const at = clock.monotonic()
    return { kind: 'unknown', startedAt: at, endedAt: at, reason }
  }
  return {
    callTimeoutMs: 0,
    async observe(_timeoutMs, signal) {
      await clock.sleep(1000, signal)
      return unknown()
    },
    journal: async () => ({ kind: 'none', reason }),
    stop: async () => ({ kind: 'failed', message: reason }),
    start: async () => ({ kind: 'failed', message: reason }),
    destroy: async () => ({ kind: 'failed', message: reason }),
  }
}
