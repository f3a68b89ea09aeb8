import type { Chances } from '../random.ts'
import type { ChaosWorld } from '../world/world.ts'
import { oneOf, type Fault } from './fault.ts'
import { some, until, type Moving } from './until.ts'

/** One machine of four may leave: with two gone, most services have no room. */
const mostGone = 1

const leaves = (how: 'power-loss' | 'shutdown', what: string): Fault => ({
  what,
  async begin(world, chances) {
    if (world.left.size >= mostGone) return null
    const machine = chances.pick(['f1', 'f2', 'f3', 'f4'])
    world.left.add(machine)
    await world.fleet.fault({ kind: how, machine })
    return { forMs: 0, detail: machine, end: () => undefined }
  },
})

/** The machine of an instance at this stage is cut off from the registry of fleet. Its processes run on, and answer. */
const cutOff = (what: string, stage: string, is: (rollout: Moving) => boolean): Fault => ({
  what,
  async begin(world, chances) {
    const moment = await until(world, chances, is)
    if (moment === null) return null
    const { rollout, typed } = moment
    const { unit } = oneOf(
      chances,
      rollout.instances.filter((one) => one.stage === stage),
    )
    const machine = await machineOf(world, unit)
    if (machine === null || world.left.has(machine)) return typed.then(() => null)
    await world.fleet.fault({ kind: 'partition', machine })
    const end = async (): Promise<void> => {
      if (!world.left.has(machine)) await world.fleet.fault({ kind: 'heal', machine })
      await typed
    }
    return { forMs: forMs(chances), detail: `${machine}, with ${unit} of rollout ${rollout.id}`, end }
  },
})

/** Past the time that fleet takes to give a machine up, or not; sometimes past the end of the rollout. */
const forMs = (chances: Chances): number => chances.between(800, chances.happens(0.5) ? 5000 : 20_000)

async function machineOf({ fleet }: ChaosWorld, unit: string): Promise<string | null> {
  const there = (await fleet.instances()).find((one) => one.unit === unit && one.pid !== null)
  const at = fleet.machines.findIndex(({ id }) => id === there?.machine)
  return at === -1 ? null : `f${at + 1}`
}

/** What happens to whole machines while something rolls there. */
export const machineFaults: readonly Fault[] = [
  leaves('power-loss', 'a machine loses its power and leaves for good'),
  leaves('shutdown', 'a machine is shut down in order and leaves for good'),
  cutOff(
    'a machine cut off from its cluster while its instance waits for its turn',
    'waiting',
    (one) => one.release?.stage === 'moved' && some('waiting', one),
  ),
  cutOff('a machine cut off from its cluster while its instance is stopped', 'stopping', (one) =>
    some('stopping', one),
  ),
  cutOff('a machine cut off from its cluster after its instance was proven', 'done', (one) => some('done', one)),
]
