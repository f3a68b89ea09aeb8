import type { UnitFault } from '../systemd/host.ts'

/** How a machine's API answers, whatever is asked. `delayMs` is real time, never scaled. */
export type AnswerFault =
  | { readonly kind: 'slow'; readonly delayMs: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'error'; readonly status: number; readonly body: string }
  /** Only this share of the rows, from 0 to 1, in list-units, in list-unit-files, or in both. */
  | { readonly kind: 'short'; readonly share: number; readonly lists: 'units' | 'files' | 'both' }
  /** No row in list-units at all. */
  | { readonly kind: 'no-rows' }

/**
 * What fleetctl is told to do: `lie` does its work and says so, but exits with `code`; `idle` does nothing, says nothing
 * and exits with `code`.
 */
export interface VerbFault {
  readonly behaviour: 'lie' | 'idle'
  readonly code: number
}

/** Everything that is wrong with a lab at the moment. */
export class Faults {
  readonly #answers = new Map<string, AnswerFault>()
  readonly #verbs = new Map<string, VerbFault>()
  readonly #units = new Map<string, UnitFault>()

  setAnswer(machine: string, fault: AnswerFault | null): void {
    if (fault === null) this.#answers.delete(machine)
    else this.#answers.set(machine, fault)
  }

  answerOf(machine: string): AnswerFault | null {
    return this.#answers.get(machine) ?? null
  }

  setVerb(verb: string, fault: VerbFault | null): void {
    if (fault === null) this.#verbs.delete(verb)
    else this.#verbs.set(verb, fault)
  }

  verbOf(verb: string): VerbFault | null {
    return this.#verbs.get(verb) ?? null
  }

  /** Adds to what is already wrong with a unit; null makes it well. */
  setUnit(unit: string, fault: UnitFault | null): void {
    if (fault === null) this.#units.delete(unit)
    else this.#units.set(unit, { ...this.#units.get(unit), ...fault })
  }

  unitOf(unit: string): UnitFault {
    return this.#units.get(unit) ?? {}
  }

  clear(): void {
    this.#answers.clear()
    this.#verbs.clear()
    this.#units.clear()
  }
}
