import type { Log } from '../ports/log.ts'

/**
 * Says in the log once that the store is away, and once that it is back: who waits for it asks several times a second.
 */
export class Outage {
  readonly #log: Log
  readonly #fields: Readonly<Record<string, unknown>>
  readonly #who: string
  #failures = 0

  /** `who`: whoever waits, for the sentence "the store is away: <who> waits". */
  constructor(log: Log, fields: Readonly<Record<string, unknown>>, who: string) {
    this.#log = log
    this.#fields = fields
    this.#who = who
  }

  failed(error: Error): void {
    this.#failures += 1
    if (this.#failures > 1) return
    this.#log.warn({ ...this.#fields, reason: error.message }, `the store is away: ${this.#who} waits`)
  }

  /** A turn got through. */
  over(): void {
    if (this.#failures === 0) return
    const failures = this.#failures
    this.#failures = 0
    this.#log.info({ ...this.#fields, failures }, `the store is back: ${this.#who} goes on`)
  }
}
