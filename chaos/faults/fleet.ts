import type { FaultOrder } from '../../demo/fleet/start.ts'
import type { Chances } from '../random.ts'
import type { ChaosWorld } from '../world/world.ts'
import { oneOf, type Fault } from './fault.ts'

/** An order to the stand-in fleet, and the order that takes it back. */
interface Orders {
  /** The one machine that it is about; null: no machine in particular. It stays away once it has left. */
  readonly machine: string | null
  readonly begin: FaultOrder
  readonly end: FaultOrder | null
  readonly detail: string
}

function ordered(what: string, most: number, orders: (world: ChaosWorld, chances: Chances) => Orders): Fault {
  return {
    what,
    async begin(world, chances) {
      const forMs = chances.between(500, most)
      const { machine, begin, end, detail } = orders(world, chances)
      const hasLeft = (): boolean => machine !== null && world.left.has(machine)
      if (hasLeft()) return null
      await world.fleet.fault(begin)
      return { forMs, detail, end: () => (end === null || hasLeft() ? undefined : world.fleet.fault(end)) }
    },
  }
}

const machineOf = (chances: Chances): string => chances.pick(['f1', 'f2', 'f3', 'f4'])
const unitOf = ({ options }: ChaosWorld, chances: Chances): string =>
  oneOf(chances, oneOf(chances, options.services).units)

/** One machine's API, or in one case of three all of them. */
const answers = (
  what: string,
  most: number,
  make: (chances: Chances) => Extract<FaultOrder, { kind: 'slow' | 'hang' | 'refuse' | 'error' | 'short' | 'no-rows' }>,
): Fault =>
  ordered(what, most, (_, chances) => {
    const where = chances.happens(0.33) ? {} : { machine: machineOf(chances) }
    return {
      machine: where.machine ?? null,
      begin: { ...make(chances), ...where },
      end: { kind: 'answer-well', ...where },
      detail: where.machine ?? 'all machines',
    }
  })

const verbs = (behaviour: 'lie' | 'idle', what: string): Fault =>
  ordered(what, 6000, (_, chances) => {
    const verb = chances.pick(['start', 'stop'])
    const code = chances.pick([0, 1])
    return {
      machine: null,
      begin: { kind: 'verb', verb, behaviour, code },
      end: { kind: 'verb-well', verb },
      detail: `${verb}, exit code ${code}`,
    }
  })

const machines = (
  what: string,
  most: number,
  begin: 'power-loss' | 'partition' | 'fleetd-freeze' | 'fleetd-stop' | 'shutdown',
  end: 'power-on' | 'heal' | 'fleetd-thaw' | 'fleetd-start',
): Fault =>
  ordered(what, most, (_, chances) => {
    const machine = machineOf(chances)
    return { machine, begin: { kind: begin, machine }, end: { kind: end, machine }, detail: machine }
  })

const units = (what: string, most: number, make: (unit: string, chances: Chances) => FaultOrder): Fault =>
  ordered(what, most, (world, chances) => {
    const unit = unitOf(world, chances)
    return { machine: null, begin: make(unit, chances), end: { kind: 'unit-well', unit }, detail: unit }
  })

/** What happens to the fleet: its API, its machines, the units on them. */
export const fleetFaults: readonly Fault[] = [
  answers('fleetctl slow', 6000, (chances) => ({ kind: 'slow', delayMs: chances.between(200, 2500) })),
  answers('fleetctl hanging', 6000, () => ({ kind: 'hang' })),
  answers('the fleet API refuses connections', 5000, () => ({ kind: 'refuse' })),
  answers('the fleet API answers with an error', 5000, () => ({ kind: 'error', status: 500, body: 'oops' })),
  answers('lists without some of their rows', 4000, (chances) => ({
    kind: 'short',
    share: chances.between(0, 9) / 10,
    lists: chances.pick(['units', 'files', 'both']),
  })),
  answers('list-units without any row', 3000, () => ({ kind: 'no-rows' })),
  verbs('lie', 'fleetctl does its work and exits with another code'),
  verbs('idle', 'fleetctl does nothing and exits'),
  machines('a machine loses its power, and comes back', 8000, 'power-loss', 'power-on'),
  machines('a machine is shut down, and comes back', 6000, 'shutdown', 'power-on'),
  machines('a machine cut off from its cluster, and back', 6000, 'partition', 'heal'),
  machines('fleetd frozen, then thawed', 5000, 'fleetd-freeze', 'fleetd-thaw'),
  machines('fleetd stopped, then started', 5000, 'fleetd-stop', 'fleetd-start'),
  units('an instance that cannot be started', 9000, (unit) => ({ kind: 'fail-start', unit })),
  units('an instance that falls over after each start', 9000, (unit, chances) => ({
    kind: 'crash',
    unit,
    afterMs: chances.between(1000, 9000),
  })),
  units('an instance that is slow to stop', 9000, (unit) => ({ kind: 'slow-stop', unit, byMs: 15_000 })),
  units('an instance killed on its machine', 500, (unit) => ({ kind: 'kill', unit })),
]
