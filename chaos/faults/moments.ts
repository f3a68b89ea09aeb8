import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { begin, otherBuild } from '../people.ts'
import type { Chances } from '../random.ts'
import type { Replica } from '../world/replica.ts'
import { tier } from '../world/shop.ts'
import type { ChaosWorld } from '../world/world.ts'
import { oneOf, type Fault } from './fault.ts'
import { releasedOf } from './registry.ts'

const moving = z.object({
  is: z.object({
    id: z.number(),
    release: z.object({ stage: z.string() }).nullable().default(null),
    instances: z.array(z.object({ unit: z.string(), stage: z.string() })),
  }),
})
type Moving = z.infer<typeof moving>['is']

/** So long a moment is waited for, in ms: nothing that is refused or held gets there. */
const patienceMs = 15_000

interface Moment {
  readonly rollout: Moving
  /** Whoever typed has an answer. */
  readonly typed: Promise<void>
}

/** Somebody deploys another release, and this is the first record after that in which it has come so far; null: it did not. */
async function until(world: ChaosWorld, chances: Chances, is: (rollout: Moving) => boolean): Promise<Moment | null> {
  const { recorder } = world
  const service = idleOf(world, chances)
  let seen = recorder.changes.length
  const typed = begin(
    world,
    'ann',
    `m${chances.between(0, 1_000_000_000)}`,
    `deploy ${service} ${tier} ${await otherBuild(world, chances, service)} --force`,
  )
  const since = performance.now()
  while (performance.now() - since < patienceMs) {
    for (const { key, value } of recorder.changes.slice(seen)) {
      if (!key.startsWith('rollouts/') || value === null) continue
      const rollout = moving.parse(JSON.parse(value)).is
      if (is(rollout)) return { rollout, typed }
    }
    seen = recorder.changes.length
    await sleep(5)
  }
  await typed
  return null
}

/** A service with releases, of which nothing rolls where there is such a one. */
function idleOf(world: ChaosWorld, chances: Chances): string {
  const [one, other] = [releasedOf(world, chances), releasedOf(world, chances)]
  return world.recorder.now.has(`targets/${tier}/${one}/active`) ? other : one
}

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
const some = (wanted: string, { instances }: Moving): boolean => instances.some(({ stage }) => stage === wanted)

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
