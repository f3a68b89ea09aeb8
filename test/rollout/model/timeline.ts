import { setImmediate } from 'node:timers/promises'

interface Event {
  readonly at: number
  /** Null: called off. */
  run: (() => void) | null
}

/** Time as a row of events: nothing happens between two of them, and each is followed to its end before the next. */
export class Timeline {
  now = 0
  readonly #events: Event[] = []

  /** Returns what calls it off. */
  after(ms: number, run: () => void): () => void {
    const event: Event = { at: this.now + Math.max(0, ms), run }
    let [low, high] = [0, this.#events.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#events[middle]?.at ?? 0) > event.at) low = middle + 1
      else high = middle
    }
    // The last one is the next to come.
    this.#events.splice(low, 0, event)
    return () => {
      event.run = null
    }
  }

  /** The next event, with all that follows from it at once; false when there is none. */
  async step(): Promise<boolean> {
    for (;;) {
      const event = this.#events.pop()
      if (event === undefined) return false
      if (event.run === null) continue
      this.now = event.at
      event.run()
      // Whatever was waiting goes on as far as it can: that is all of microtasks, and no timer is used but these.
      await setImmediate()
      return true
    }
  }

  async pass(ms: number): Promise<void> {
    const until = this.now + ms
    // There is an end to wait for, also where nothing else is to come.
    this.after(ms, () => undefined)
    while (this.now < until) await this.step()
  }
}
