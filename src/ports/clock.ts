/** Time as an argument, so that tests can move it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: for records that people read. It may jump. */
  now(): number
  /** Milliseconds from an arbitrary start that never jump: for limits, leases and waits. */
  monotonic(): number
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
