import { performance } from 'node:perf_hooks'

const tickMs = 10

/**
 * Measures a duration for an upper bound, in milliseconds: without the time for which this process was ready to run and
 * got no processor. So a busy machine does not turn a test red that says "within 3 s", and a quiet one keeps the full
 * bound. Time that the process itself uses counts. The returned function stops the watch and reads it.
 */
export function startStopwatch(): () => number {
  const began = performance.now()
  let last = began
  let used = process.cpuUsage()
  let lostMs = 0
  let total: number | null = null
  const note = (): void => {
    const now = performance.now()
    const { user, system } = process.cpuUsage(used)
    lostMs += Math.max(0, now - last - tickMs - (user + system) / 1000)
    last = now
    used = process.cpuUsage()
  }
  const timer = setInterval(note, tickMs)
  return () => {
    if (total !== null) return total
    clearInterval(timer)
    note()
    total = last - began - lostMs
    return total
  }
}
