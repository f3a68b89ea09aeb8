import { setTimeout as sleep } from 'node:timers/promises'
import type { Replica } from '../world/replica.ts'
import type { ChaosWorld } from '../world/world.ts'
import { oneOf, type Fault } from './fault.ts'
import { some, until, type Moving } from './until.ts'

function driverOf({ recorder, replicas }: ChaosWorld, { id }: Moving): Replica | null {
  const owner = recorder.now.get(`owners/${String(id).padStart(12, '0')}`) ?? ''
  return replicas.find((one) => owner.includes(`:${one.bot()?.pid ?? 'none'}"`)) ?? null
}

const killedAt = (what: string, mostMs: number, is: (rollout: Moving) => boolean): Fault => ({
  what,
  async begin(world, chances) {
    const after = chances.between(0, mostMs)
    const moment = await until(world, chances, is)
    if (moment === null) return null
    const { rollout, typed } = moment
    await sleep(after)
    const replica = driverOf(world, rollout)
    if (replica === null) return typed.then(() => null)
    await replica.kill()
    const detail = `${replica.name}, in rollout ${rollout.id}, ${after} ms after that was recorded`
    const end = async (): Promise<void> => {
      replica.start()
      await typed
    }
    return { forMs: chances.between(0, 5000), detail, end }
  },
})

const none = ({ instances }: Moving): boolean => instances.every(({ stage }) => stage === 'waiting')

/** What happens at the moments of a rollout that matter to its release. */
export const momentFaults: readonly Fault[] = [
  killedAt('its driver killed while it moves the tag', 60, (one) => one.release?.stage === 'moving' && none(one)),
  killedAt(
    'its driver killed between the move of the tag and the first stop',
    120,
    (one) => one.release?.stage === 'moved' && !some('done', one) && !some('starting', one),
  ),
  killedAt('its driver killed between a start and the proof of what runs', 400, (one) => some('starting', one)),
  killedAt('its driver killed while an instance proves what it runs', 300, (one) => some('proving', one)),
  {
    what: 'an instance that waits is started again by its machine',
    async begin(world, chances) {
      const moment = await until(world, chances, (one) => one.release?.stage === 'moved' && some('waiting', one))
      if (moment === null) return null
      const { rollout, typed } = moment
      const { unit } = oneOf(
        chances,
        rollout.instances.filter(({ stage }) => stage === 'waiting'),
      )
      await world.fleet.fault({ kind: 'kill', unit })
      return { forMs: 0, detail: `${unit}, in rollout ${rollout.id}`, end: () => typed }
    },
  },
]
