import { setTimeout as sleep } from 'node:timers/promises'
import { oneOf } from '../faults/fault.ts'
import { begin, deployers, type, type Deed } from '../typing.ts'
import { goodBuilds } from '../world/registry.ts'
import { isReleased, servicesIn, stagingTier, tier } from '../world/shop.ts'
import type { ChaosWorld } from '../world/world.ts'

/** How long somebody waits for staging before typing the promote, in ms. */
const patienceMs = 12_000

/** Somebody deploys a build to staging, waits until that is over, and takes it on to production. */
export const promotes: Deed = async (world, chances, tag) => {
  const both = servicesIn(world.options.services, stagingTier).filter(isReleased)
  if (both.length === 0) return type(world, 'ann', 'queue')
  const { name } = oneOf(chances, both)
  const person = chances.pick(deployers)
  if (chances.happens(0.8)) {
    const build = chances.happens(0.15) ? 'bad' : chances.pick(goodBuilds)
    await begin(world, person, `${tag}s`, `deploy ${name} ${stagingTier} ${build} --force`)
    await isOver(world, name)
  }
  await begin(world, person, tag, `promote ${name} ${stagingTier} ${tier}${chances.happens(0.5) ? ' --force' : ''}`)
}

async function isOver({ recorder }: ChaosWorld, service: string): Promise<void> {
  const until = performance.now() + patienceMs
  const live = `targets/${stagingTier}/${service}/active`
  while (performance.now() < until && recorder.now.has(live)) await sleep(200)
}
