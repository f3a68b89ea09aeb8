import { setTimeout as sleep } from 'node:timers/promises'
import type { Chances } from '../random.ts'
import { isReleased, tier } from '../world/shop.ts'
import type { ChaosWorld } from '../world/world.ts'
import { oneOf, type Fault } from './fault.ts'
import { some, until, untilTyped, type Moment, type Moving } from './until.ts'

/** An instance is done, and the rollout goes on with the next ones: these begin in the same step. */
const halfDone = (one: Moving): boolean =>
  one.phase === 'rolling' && some('done', one) && one.instances.some(({ stage }) => stage !== 'done')

function doneOf({ rollout }: Moment, chances: Chances): string {
  return oneOf(
    chances,
    rollout.instances.filter(({ stage }) => stage === 'done'),
  ).unit
}

/** What becomes of an instance some time after it was proven, while others still wait for their turn. */
const afterProof = (
  what: string,
  moment: (world: ChaosWorld, chances: Chances) => Promise<Moment | null>,
  happens: (world: ChaosWorld, unit: string) => Promise<() => Promise<void>>,
): Fault => ({
  what,
  async begin(world, chances) {
    const reached = await moment(world, chances)
    if (reached === null) return null
    const unit = doneOf(reached, chances)
    const afterMs = chances.between(200, 2500)
    await sleep(afterMs)
    const mend = await happens(world, unit)
    const end = async (): Promise<void> => {
      await mend()
      await reached.typed
    }
    const detail = `${unit}, in rollout ${reached.rollout.id}, ${afterMs} ms after it was done`
    return { forMs: chances.between(3000, 8000), detail, end }
  },
})

const nothing = (): Promise<void> => Promise.resolve()
const deployed = (world: ChaosWorld, chances: Chances): Promise<Moment | null> => until(world, chances, halfDone)

/** A service whose instances stay down when they crash, where there is one. */
function restarted(world: ChaosWorld, chances: Chances): Promise<Moment | null> {
  const plain = world.options.services.find((one) => !isReleased(one) && one.units.length > 2)
  if (plain === undefined) return deployed(world, chances)
  return untilTyped(world, chances, `restart ${plain.name} ${tier} --batch 1 --force`, halfDone)
}

export const afterProofFaults: readonly Fault[] = [
  afterProof('an instance crashes once after it was proven, and restarts by itself', deployed, async (world, unit) => {
    await world.fleet.fault({ kind: 'kill', unit })
    return nothing
  }),
  afterProof('an instance crashes once after it was proven, and stays down', restarted, async (world, unit) => {
    await world.fleet.fault({ kind: 'kill', unit })
    return nothing
  }),
  afterProof('an instance crashes after it was proven, and cannot start again', deployed, async (world, unit) => {
    await world.fleet.fault({ kind: 'fail-start', unit })
    await world.fleet.fault({ kind: 'kill', unit })
    return () => world.fleet.fault({ kind: 'unit-well', unit })
  }),
  afterProof('an operator destroys an instance after it was proven', deployed, async (world, unit) => {
    await world.tiers[0].fleetctl(['destroy', unit]).catch(() => undefined)
    return nothing
  }),
  afterProof('an operator stops an instance after it was proven', restarted, async (world, unit) => {
    await world.tiers[0].fleetctl(['stop', '--no-block', unit]).catch(() => undefined)
    return nothing
  }),
]
