import { oneOf } from '../faults/fault.ts'
import { begin, deployers, type Deed } from '../typing.ts'
import { mostInstances, tier } from '../world/shop.ts'

/** Somebody asks for more or fewer instances: sometimes for more than the machines have room for. */
export const scales: Deed = async (world, chances, tag) => {
  const several = world.options.services.filter(({ units }) => units.length > 1)
  const { name } = oneOf(chances, several)
  const count = chances.between(1, mostInstances)
  const manner = `${chances.pick(['', '', ' --batch 2'])}${chances.happens(0.3) ? ' --force' : ''}`
  await begin(world, chances.pick(deployers), tag, `scale ${name} ${tier} ${count}${manner}`)
}
