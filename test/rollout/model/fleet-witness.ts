import type { Fact } from '../../../src/domain/event.ts'
import type { Rollout } from '../../../src/domain/rollout.ts'
import type { ModelFleet } from './fleet.ts'

/** What is to be there: a scale removes the highest numbers and no others, and what is made anew is not left destroyed in silence. */
export class FleetWitness {
  readonly #fleet: ModelFleet
  readonly #say: (invariant: 3 | 4, what: string) => void

  constructor(fleet: ModelFleet, say: (invariant: 3 | 4, what: string) => void) {
    this.#fleet = fleet
    this.#say = say
  }

  /** A unit is told to be gone: the plan says so, or it was added and is taken back. */
  destroys(unit: string, { id, plan, instances }: Rollout): void {
    const said = `${unit} of rollout ${id} is destroyed`
    const one = instances.find(({ unit: main, sidekicks }) => [main, ...sidekicks].includes(unit))
    const planned = plan.batches.flat().find(({ unit: main }) => main === one?.unit)
    const renewed = planned?.renews.some((file) => file.unit === unit) === true
    if (one?.task !== 'take-back' && planned?.task !== 'remove' && !renewed)
      this.#say(4, `${said}, and the plan says that it is ${planned?.task ?? 'no part of it'}`)
    if (planned?.task !== 'remove') return
    const stay = [
      ...plan.others,
      ...plan.batches.flat().flatMap(({ task, unit: main }) => (task === 'remove' ? [] : main)),
    ]
    const higher = stay.filter((main) => numberOf(main) > numberOf(unit))
    if (higher.length > 0) this.#say(4, `${said}, and ${higher.join(', ')} stays`)
  }

  over(rollout: Rollout, facts: readonly Fact[]): void {
    const { id, phase, plan, instances } = rollout
    if (phase === 'succeeded' && plan.scale !== null) {
      const there = this.#fleet.instances.map(({ name }) => name)
      if (there.length !== plan.scale.to)
        this.#say(3, `rollout ${id} succeeded, and of ${plan.scale.to} instances there are ${there.join(', ')}`)
    }
    const named = new Set(facts.flatMap((fact) => (fact.kind === 'instance-failed' ? fact.unit : [])))
    const renewed = plan.batches.flat().filter(({ task }) => task === 'renew')
    // Nobody else destroys anything in these stories.
    for (const { unit, lost } of instances)
      if (lost === 'destroyed') this.#say(3, `rollout ${id} is ${phase}, and says that somebody else destroyed ${unit}`)
    for (const { unit } of renewed) {
      const stage = instances.find((one) => one.unit === unit)?.stage
      if (this.#fleet.unit(unit).wanted === 'absent' && !(stage === 'failed' && named.has(unit)))
        this.#say(3, `rollout ${id} is ${phase}, ${unit} is ${stage}, was destroyed, and nobody says so`)
    }
  }
}

const numberOf = (unit: string): number => Number(/@(\d+)/.exec(unit)?.[1] ?? Number.NaN)
