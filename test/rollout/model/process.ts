import type { Clock } from '../../../src/ports/clock.ts'
import type { Timeline } from './timeline.ts'

/** A process that can be killed and stopped: nothing reaches it then, and what came meanwhile comes when it goes on. */
export class ModelProcess implements Clock {
  readonly name: string
  /** Its wall clock is wrong by so much, in milliseconds. */
  wrongBy = 0
  readonly #timeline: Timeline
  #state: 'runs' | 'stopped' | 'dead' = 'runs'
  #kept: (() => void)[] = []

  constructor(name: string, timeline: Timeline) {
    this.name = name
    this.#timeline = timeline
  }

  get state(): 'runs' | 'stopped' | 'dead' {
    return this.#state
  }

  now = (): number => 1_700_000_000_000 + Math.round(this.#timeline.now) + this.wrongBy
  monotonic = (): number => this.#timeline.now

  /** Something reaches it from outside, or one of its own timers ends. */
  deliver(run: () => void): void {
    if (this.#state === 'runs') run()
    else if (this.#state === 'stopped') this.#kept.push(run)
  }

  /** Returns what calls it off. */
  after(ms: number, run: () => void): () => void {
    let off = false
    const callOff = this.#timeline.after(ms, () => this.deliver(() => (off ? undefined : run())))
    return () => {
      off = true
      callOff()
    }
  }

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve()
        return
      }
      const end = (): void => {
        callOff()
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const callOff = this.after(ms, end)
      signal?.addEventListener('abort', end, { once: true })
    })

  /** SIGKILL. */
  kill(): void {
    this.#state = 'dead'
    this.#kept = []
  }

  /** SIGSTOP. */
  freeze(): void {
    if (this.#state === 'runs') this.#state = 'stopped'
  }

  /** SIGCONT. What came meanwhile comes in its order or in the other one: a loop's timers and its sockets have none. */
  thaw(backwards: boolean): void {
    if (this.#state !== 'stopped') return
    this.#state = 'runs'
    const kept = backwards ? this.#kept.toReversed() : this.#kept
    this.#kept = []
    // One event each: what follows from one may come before the next, or stop this process again.
    for (const run of kept) this.#timeline.after(0, () => this.deliver(run))
  }
}
