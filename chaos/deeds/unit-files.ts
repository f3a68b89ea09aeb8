import path from 'node:path'
import { oneOf } from '../faults/fault.ts'
import { begin, deployers, type Deed } from '../typing.ts'
import { servicesIn, tier } from '../world/shop.ts'
import { writeUnits, type Variant } from '../world/unit-files.ts'
import type { ChaosWorld } from '../world/world.ts'

/** Somebody submits a changed template, now and then a broken one and then a good one again, and rolls it out. */
export const rollsUnitFiles: Deed = async (world, chances, tag) => {
  const several = servicesIn(world.options.services, tier).filter(({ units }) => units.length > 1)
  const { name } = oneOf(chances, several)
  const person = chances.pick(deployers)
  const number = chances.between(1, 1_000_000)
  const force = chances.happens(0.5) ? ' --force' : ''
  if (chances.happens(0.25)) {
    await submit(world, `${name}@.service`, { kind: 'broken', number })
    await begin(world, person, `${tag}b`, `deploy ${name} ${tier} --units --batch 1`)
  }
  await submit(world, `${name}@.service`, { kind: 'changed', number: number + 1 })
  await begin(world, person, tag, `${chances.pick(['deploy', 'restart'])} ${name} ${tier} --units${force}`)
}

async function submit(
  { tiers, options }: ChaosWorld,
  template: string,
  variant: Exclude<Variant, { kind: 'as-written' }>,
): Promise<void> {
  const [{ files, fleetctl }] = tiers
  const folder = path.join(path.dirname(files.folder), `changed-${template}-${variant.number}`)
  writeUnits(folder, servicesIn(options.services, tier), tier, new Map([[template, variant]]))
  // A machine that is off or cut off may be the one that answers.
  await fleetctl(['submit', '--replace', template], folder).catch(() => undefined)
}
