import type { Rollout } from '../../../src/domain/rollout.ts'
import type { PreparationTold } from './preparations.ts'

/** A preparation is begun at most once, and nothing is changed before it has ended well. It believes the commands alone. */
export class PreparationWitness implements PreparationTold {
  readonly #say: (invariant: 4, what: string) => void
  readonly #began = new Set<number>()
  readonly #done = new Set<number>()

  constructor(say: (invariant: 4, what: string) => void) {
    this.#say = say
  }

  began(id: number): void {
    if (this.#began.has(id)) this.#say(4, `the preparation of rollout ${id} was begun once more`)
    this.#began.add(id)
  }

  done(id: number): void {
    this.#done.add(id)
  }

  /** Something of this rollout is about to be changed, in fleet or in the registry. */
  changes({ id, plan }: Rollout, what: string): void {
    if (plan.preparation !== null && !this.#done.has(id))
      this.#say(4, `${what}, and the preparation of rollout ${id} has not ended well`)
  }
}
