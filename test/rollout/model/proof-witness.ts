import type { Rollout } from '../../../src/domain/rollout.ts'
import type { ModelFleet, ModelUnit } from './fleet.ts'

/** A change that is younger than this may not have reached a driver that was stopped for as long as its lease lets it, in milliseconds. */
const unseenMs = 13_000

/**
 * Invariant 7 at the end of a rollout: an instance that is reported as done is the process that passed the gate, where a health
 * answer names the process, and it runs. It believes the processes alone.
 */
export class ProofWitness {
  readonly #fleet: ModelFleet
  readonly #now: () => number
  readonly #say: (invariant: 7, what: string) => void
  /** The process of each instance when its rollout recorded that it passed the gate. */
  readonly #proven = new Map<string, number>()
  /** Since when each unit is the process, or without one, that it is now. */
  readonly #since = new Map<string, { readonly life: number; readonly runs: boolean; readonly at: number }>()

  constructor(fleet: ModelFleet, now: () => number, say: (invariant: 7, what: string) => void) {
    this.#fleet = fleet
    this.#now = now
    this.#say = say
    fleet.onChange = (unit) => this.#changed(unit)
  }

  passed({ id }: Pick<Rollout, 'id'>, unit: string): void {
    this.#proven.set(`${id} ${unit}`, this.#fleet.unit(unit).life)
  }

  /** Called when the end of the rollout is written. */
  over({ id, phase, plan, instances }: Rollout): void {
    if (phase !== 'succeeded' && phase !== 'rolled-back') return
    const names = plan.gate.kind === 'http' && plan.gate.identity !== null
    for (const { unit, stage, task } of instances) {
      if (stage !== 'done' || task === 'remove') continue
      const { life, runs, at } = this.#since.get(unit) ?? { life: 1, runs: true, at: 0 }
      const long = this.#now() - at > unseenMs
      const proven = this.#proven.get(`${id} ${unit}`)
      const said = `rollout ${id} is ${phase}, and ${unit} is done, which`
      if (!runs && long) this.#say(7, `${said} does not run since ${Math.round(at)} ms`)
      if (names && long && proven !== life) this.#say(7, `${said} is process ${life} and passed its gate as ${proven}`)
    }
  }

  #changed({ name, life, state }: ModelUnit): void {
    const before = this.#since.get(name)
    const runs = state === 'running'
    if (before?.life !== life || before.runs !== runs) this.#since.set(name, { life, runs, at: this.#now() })
  }
}
