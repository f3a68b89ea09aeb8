import { oldCopiesOf } from '../domain/old-copies.ts'
import type { Rollout } from '../domain/rollout.ts'
import type { Clock } from '../ports/clock.ts'
import type { HealthGate, HealthProbe, HealthResult } from '../ports/health.ts'
import type { UnitView } from '../ports/scheduler.ts'
import { askGate, type AnnouncedPort } from './ask-gate.ts'
import { isUp, type HealthSeen } from './observation.ts'
import { copyKey } from './watch-copies.ts'

type AskedGate = Exclude<HealthGate, { kind: 'none' }>

const betweenChecksMs = 1000

/**
 * Asks the running instances of one rollout whether they are well, beside the loop and never in its way: a check that
 * takes long delays nothing, and its answer counts for the process that was asked and no other.
 */
export class HealthWatch {
  readonly #probe: HealthProbe
  readonly #port: AnnouncedPort
  readonly #clock: Clock
  readonly #seen = new Map<string, HealthSeen>()
  readonly #asking = new Set<string>()
  readonly #askedAt = new Map<string, number>()
  /** The process that the last healthy answer of each state named. */
  readonly #named = new Map<string, { readonly stateSince: number; readonly identity: string }>()

  constructor(probe: HealthProbe, port: AnnouncedPort, clock: Clock) {
    this.#probe = probe
    this.#port = port
    this.#clock = clock
  }

  get seen(): ReadonlyMap<string, HealthSeen> {
    return this.#seen
  }

  /** Starts the checks that are due. Resolves when those are answered, for whoever wants to wait. */
  async ask(rollout: Rollout, units: ReadonlyMap<string, UnitView>): Promise<void> {
    const { gate, service, others } = rollout.plan
    if (gate.kind === 'none') return
    const due = [...rollout.instances.map((one) => one.unit), ...others].filter((unit) => this.#isDue(unit, units))
    const copies = oldCopiesOf(rollout).map((copy) => this.#checkCopy(copy, gate, service))
    await Promise.all([...due.map((unit) => this.#check(unit, units.get(unit), gate, service)), ...copies])
  }

  /** Whether an old copy still answers where its machine was. */
  async #checkCopy(
    { unit, machine, ip }: ReturnType<typeof oldCopiesOf>[number],
    gate: AskedGate,
    service: string,
  ): Promise<void> {
    const key = copyKey(unit, machine)
    const last = this.#askedAt.get(key) ?? -Infinity
    if (ip === null || this.#asking.has(key) || this.#clock.monotonic() - last < betweenChecksMs) return
    this.#asking.add(key)
    this.#askedAt.set(key, this.#clock.monotonic())
    try {
      const answer = await askGate(gate, { service, unit, ip }, { probe: this.#probe, announcedPort: this.#port })
      if (answer.kind !== 'healthy' && answer.kind !== 'unhealthy') return
      this.#seen.set(key, { stateSince: 0, passes: 0, fails: 0, last: answer })
    } finally {
      this.#asking.delete(key)
    }
  }

  #isDue(unit: string, units: ReadonlyMap<string, UnitView>): boolean {
    if (!isUp(units.get(unit))) {
      this.#seen.delete(unit)
      return false
    }
    const last = this.#askedAt.get(unit)
    const fresh = this.#seen.get(unit)?.stateSince === units.get(unit)?.sameFor.since
    const waited = last === undefined || !fresh || this.#clock.monotonic() - last >= betweenChecksMs
    return waited && !this.#asking.has(unit)
  }

  async #check(unit: string, view: UnitView | undefined, gate: AskedGate, service: string): Promise<void> {
    const ip = view?.reports.find((report) => report.active === 'active')?.ip ?? null
    if (view === undefined) return
    if (ip === null) {
      const last = { kind: 'unhealthy', reason: 'its machine has no address that fleet knows' } as const
      this.#seen.set(unit, { stateSince: view.sameFor.since, passes: 0, fails: 1, last })
      return
    }
    this.#asking.add(unit)
    this.#askedAt.set(unit, this.#clock.monotonic())
    try {
      const answer = await askGate(gate, { service, unit, ip }, { probe: this.#probe, announcedPort: this.#port })
      const last: HealthResult = answer.kind === 'healthy' ? answer : { kind: 'unhealthy', reason: answer.reason }
      const before = this.#seen.get(unit)
      const same = before?.stateSince === view.sameFor.since
      const another = this.#namesAnother(unit, view.sameFor.since, last)
      const known = same ? before.changed : undefined
      const changed = another ? { times: (known?.times ?? 0) + 1, at: this.#clock.monotonic() } : known
      const passes = last.kind === 'healthy' ? (same && !another ? before.passes : 0) + 1 : 0
      // Whom nobody could ask is not down: taken for down, it would be taken away beside others.
      const fails = answer.kind === 'healthy' || answer.kind === 'unknown' ? 0 : (same ? before.fails : 0) + 1
      const seen = { stateSince: view.sameFor.since, passes, fails, last }
      this.#seen.set(unit, changed === undefined ? seen : { ...seen, changed })
    } finally {
      this.#asking.delete(unit)
    }
  }

  /** fleet shows the same state where systemd starts a process again between two looks; only the answer shows that. */
  #namesAnother(unit: string, stateSince: number, answer: HealthResult): boolean {
    if (answer.kind !== 'healthy' || answer.identity === null) return false
    const before = this.#named.get(unit)
    this.#named.set(unit, { stateSince, identity: answer.identity })
    return before?.stateSince === stateSince && before.identity !== answer.identity
  }
}
