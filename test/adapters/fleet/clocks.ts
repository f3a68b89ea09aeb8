import type { Clock } from '../../../src/ports/clock.ts'

/** A clock that stands until it is moved. */
export function manualClock() {
  let time = 1_000
  const sleepers = new Set<{ readonly due: number; readonly wake: () => void }>()
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => void setImmediate(resolve))
  }
  const clock: Clock = {
    now: () => time,
    monotonic: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve()
          return
        }
        const sleeper = {
          due: time + ms,
          wake: () => {
            sleepers.delete(sleeper)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake, { once: true })
      }),
  }
  return {
    clock,
    settle,
    sleeping: () => sleepers.size,
    advance: async (ms: number): Promise<void> => {
      const end = time + ms
      await settle()
      for (;;) {
        const next = [...sleepers].sort((a, b) => a.due - b.due)[0]
        if (next === undefined || next.due > end) break
        time = Math.max(time, next.due)
        next.wake()
        await settle()
      }
      time = end
      await settle()
    },
  }
}
