import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { otherBuild } from '../people.ts'
import type { Chances } from '../random.ts'
import { begin } from '../typing.ts'
import { tier } from '../world/shop.ts'
import type { ChaosWorld } from '../world/world.ts'
import { releasedOf } from './registry.ts'

const moving = z.object({
  is: z.object({
    id: z.number(),
    phase: z.string(),
    release: z.object({ stage: z.string() }).nullable().default(null),
    instances: z.array(z.object({ unit: z.string(), stage: z.string() })),
  }),
})
export type Moving = z.infer<typeof moving>['is']

/** A moment is waited for until what was typed has ended or was refused, and for so long at most, in ms. */
const patienceMs = 90_000
const ended = /"phase":"(?:succeeded|failed|aborted|rolled-back|rollback-failed|cancelled)"/

export interface Moment {
  readonly rollout: Moving
  /** Whoever typed has an answer. */
  readonly typed: Promise<void>
}

/** Somebody deploys a different release. This is the first record after that in which it has come so far; null: it did not. */
export async function until(
  world: ChaosWorld,
  chances: Chances,
  is: (rollout: Moving) => boolean,
): Promise<Moment | null> {
  const service = idleOf(world, chances)
  return untilTyped(
    world,
    chances,
    `deploy ${service} ${tier} ${await otherBuild(world, chances, service)} --force`,
    is,
  )
}

/** Somebody types these words. This is the first record after that in which a rollout has come so far; null: none did. */
export async function untilTyped(
  world: ChaosWorld,
  chances: Chances,
  words: string,
  is: (rollout: Moving) => boolean,
): Promise<Moment | null> {
  const { recorder } = world
  let seen = recorder.changes.length
  const tag = `m${chances.between(0, 1_000_000_000)}`
  const typed = begin(world, 'ann', tag, words)
  let answered = false
  const settle = (): void => void (answered = true)
  typed.then(settle, settle)
  /** It was refused, or has ended. */
  const isOver = (): boolean => {
    const own = [...recorder.now].find(([key, value]) => key.startsWith('rollouts/') && value.includes(tag))
    return own === undefined ? answered : ended.test(own[1])
  }
  const since = performance.now()
  for (let over = false; !over && performance.now() - since < patienceMs;) {
    // Asked before the records are read, so that none is missed.
    over = isOver()
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

export const some = (wanted: string, { instances }: Moving): boolean => instances.some(({ stage }) => stage === wanted)
