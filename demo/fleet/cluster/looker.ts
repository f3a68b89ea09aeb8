import type { LabClock } from './clock.ts'
import type { JobEvent, Registry } from './registry.ts'

export type Pace = 'measured' | 'eager' | 'asleep'

/** When a looker looks, in unscaled milliseconds. */
export interface LookerTiming {
  /** So long after it last looked, by itself. */
  readonly intervalMs: number
  /** fleet sleeps so long after each watched change before it does anything, and misses what changes meanwhile. */
  readonly watchPauseMs: number
}

/**
 * Looks at the registry periodically and after changes, as fleet's engine and agents do. Their watch ends with the first
 * change of any kind below `job/`, then sleeps a second, and only then begins anew; only a changed wish or placement makes
 * them look. So changes in quick succession are noticed late, and a stop with a start behind it is not noticed at all.
 */
export class Looker {
  readonly #registry: Registry
  readonly #clock: LabClock
  readonly #timing: LookerTiming
  readonly #look: () => void
  #unwatch: () => void = () => undefined
  #tick: () => void = () => undefined
  #pause: (() => void) | null = null
  /** `eager`: looks at every change at once. `asleep`: does not look until it is woken. */
  pace: Pace = 'measured'

  constructor(registry: Registry, clock: LabClock, timing: LookerTiming, look: () => void) {
    this.#registry = registry
    this.#clock = clock
    this.#timing = timing
    this.#look = look
  }

  /** Begins with a look; the next comes after a part of the interval, so that lookers are out of step with each other. */
  start(): void {
    this.#unwatch = this.#registry.watchJobs((event) => this.#changed(event))
    this.#look()
    this.#tick = this.#clock.after(this.#clock.between(0.1, 1) * this.#timing.intervalMs, () => this.look())
  }

  halt(): void {
    this.#unwatch()
    this.#tick()
    this.#pause?.()
    this.#pause = null
  }

  look(): void {
    this.#tick()
    this.#tick = this.#clock.after(this.#timing.intervalMs, () => this.look())
    if (this.pace !== 'asleep') this.#look()
  }

  #changed(event: JobEvent): void {
    if (this.#pause !== null) return
    this.#pause = this.#clock.after(this.pace === 'eager' ? 0 : this.#timing.watchPauseMs, () => {
      this.#pause = null
      if (event === 'target' || event === 'target-state') this.look()
    })
  }
}
