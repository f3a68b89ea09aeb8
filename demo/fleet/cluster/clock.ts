/** The lab's time: every delay of fleet, systemd and fleetctl is multiplied by `scale` (0.1 = ten times faster). */
export interface LabClock {
  readonly scale: number
  /** Milliseconds since the epoch, never scaled. */
  now(): number
  /** Runs `act` after `ms` × scale; returns what cancels it. An infinite delay never runs. */
  after(ms: number, act: () => void): () => void
  every(ms: number, act: () => void): () => void
  /** A number in [from, to), from the lab's seeded generator. */
  between(from: number, to: number): number
}

/** The longest delay a timer of Node can hold. */
const TIMER_MAX_MS = 2 ** 31 - 1

export function makeLabClock(scale: number, seed: number): LabClock {
  const random = mulberry32(seed)
  return {
    scale,
    now: () => Date.now(),
    after: (ms, act) => {
      if (ms * scale > TIMER_MAX_MS) return () => undefined
      const timer = setTimeout(act, ms * scale)
      return () => clearTimeout(timer)
    },
    every: (ms, act) => {
      const timer = setInterval(act, ms * scale)
      return () => clearInterval(timer)
    },
    between: (from, to) => from + random() * (to - from),
  }
}

/** A small seeded generator, so that a lab with the same seed has the same lags. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
