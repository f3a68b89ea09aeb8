import type { Manager, UnitStatus } from '../systemd/manager.ts'
import type { LabClock } from './clock.ts'
import type { Registry } from './registry.ts'
import { renewEveryMs } from './timing.ts'

/** Units are looked at this often; what changed is reported then, the rest only before it would expire. */
const SAMPLE_MS = 1000

/** Reports what the service manager of one machine says about its units. */
export class Publisher {
  readonly #machine: string
  readonly #registry: Registry
  readonly #manager: Manager
  readonly #clock: LabClock
  readonly #ttlMs: number
  readonly #subscribed = new Set<string>()
  readonly #reported = new Map<string, UnitStatus>()
  #cancel: (() => void)[] = []
  #renewedAt = 0
  connected = true

  constructor(machine: string, registry: Registry, manager: Manager, clock: LabClock, ttlMs: number) {
    this.#machine = machine
    this.#registry = registry
    this.#manager = manager
    this.#clock = clock
    this.#ttlMs = ttlMs
  }

  /** Machines sample out of step with each other. */
  run(): void {
    this.#renewedAt = this.#clock.now()
    const start = this.#clock.after(this.#clock.between(0, SAMPLE_MS), () => {
      this.#cancel.push(this.#clock.every(SAMPLE_MS, () => this.#sample()))
    })
    this.#cancel = [start, this.#clock.every(renewEveryMs(this.#ttlMs), () => this.renew())]
  }

  halt(): void {
    for (const cancel of this.#cancel.splice(0)) cancel()
  }

  subscribe(unit: string): void {
    this.#subscribed.add(unit)
  }

  unsubscribe(unit: string): void {
    this.#subscribed.delete(unit)
  }

  /** Forgets everything without a word to the registry, as a machine that lost its power does. */
  forget(): void {
    this.#subscribed.clear()
    this.#reported.clear()
  }

  /** Takes every report back, as an orderly shutdown does. */
  purge(): void {
    for (const unit of this.#reported.keys()) this.#registry.removeStates(unit)
    this.forget()
  }

  /** Until when its newest reports live, milliseconds since the epoch. */
  reportsUntil(): number {
    return this.#renewedAt + this.#ttlMs * this.#clock.scale
  }

  /** Reports everything known again; what cannot be told now lives only for what is left of its time. */
  renew(): void {
    if (!this.#canReach()) {
      const until = Number.POSITIVE_INFINITY
      this.#registry.lapse(this.#machine, { presence: until, reports: this.reportsUntil(), beats: until })
      return
    }
    this.#renewedAt = this.#clock.now()
    for (const [unit, status] of this.#reported) this.#save(unit, status)
  }

  #sample(): void {
    // What is sampled while the registry cannot be reached is lost: the real publisher does not try again either.
    const reach = this.#canReach()
    for (const unit of this.#subscribed) {
      const status = this.#manager.status(unit)
      if (same(this.#reported.get(unit), status)) continue
      this.#reported.set(unit, status)
      if (reach) this.#save(unit, status)
    }
    for (const unit of this.#reported.keys()) {
      if (this.#subscribed.has(unit)) continue
      this.#reported.delete(unit)
      if (reach) this.#registry.removeStates(unit)
    }
  }

  #save(unit: string, status: UnitStatus): void {
    if (status.hash === '') return
    this.#registry.saveState(unit, this.#machine, status)
  }

  #canReach(): boolean {
    return this.connected && !this.#registry.frozen
  }
}

function same(one: UnitStatus | undefined, other: UnitStatus): boolean {
  return (
    one !== undefined &&
    one.load === other.load &&
    one.active === other.active &&
    one.sub === other.sub &&
    one.hash === other.hash
  )
}
