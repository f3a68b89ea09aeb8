import type { LabClock } from '../cluster/clock.ts'
import type { Machine } from '../cluster/machine.ts'
import type { Registry } from '../cluster/registry.ts'

/** After an outage longer than the TTL fleetd needs this long to find its place again (etcd-freeze-longer-than-ttl). */
const RECOVERY_MS = 8700
/** Reports come back so much later, machine by machine. */
const FIRST_REPORT_MS = 12_000
const SPREAD_MS = 2500

/** The store under the registry: it can be frozen, and what that does lasts longer than the freeze. */
export class Etcd {
  readonly #registry: Registry
  readonly #machines: readonly Machine[]
  readonly #clock: LabClock
  readonly #ttlMs: number
  #frozenAt: number | null = null

  constructor(registry: Registry, machines: readonly Machine[], clock: LabClock, ttlMs: number) {
    this.#registry = registry
    this.#machines = machines
    this.#clock = clock
    this.#ttlMs = ttlMs
  }

  /** Since when nothing can be read or written, milliseconds since the epoch, or null. */
  get frozenAt(): number | null {
    return this.#frozenAt
  }

  freeze(forMs: number): void {
    if (this.#frozenAt !== null) return
    this.#frozenAt = this.#clock.now()
    this.#registry.frozen = true
    this.#clock.after(forMs, () => this.#thaw(forMs > this.#ttlMs))
  }

  #thaw(long: boolean): void {
    if (!long) {
      this.#registry.frozen = false
      this.#frozenAt = null
      for (const machine of this.#machines) machine.announce()
      return
    }
    for (const machine of this.#machines) machine.outlive()
    this.#clock.after(RECOVERY_MS, () => {
      this.#registry.frozen = false
      this.#frozenAt = null
      this.#machines.forEach((machine, index) => machine.recover(FIRST_REPORT_MS + index * SPREAD_MS))
    })
  }
}
