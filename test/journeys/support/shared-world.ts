import { afterAll, afterEach, beforeAll } from 'vitest'
import { openWorld, type World } from './world.ts'

/** One shop for all journeys of a file, since it takes long to start. Each journey leaves it as it found it. */
export function sharedWorld(): World {
  let opened: Awaited<ReturnType<typeof openWorld>> | null = null
  const here = (): World => {
    if (opened === null) throw new Error('the shop is not open')
    return opened
  }
  const world: World = {
    get shop() {
      return here().shop
    },
    get records() {
      return here().records
    },
    get proxy() {
      return here().proxy
    },
  }

  beforeAll(async () => {
    opened = await openWorld()
  }, 400_000)
  afterEach(async () => {
    world.proxy.decide(() => 'well')
    for (const fleet of world.shop.shop.fleets.values()) await fleet.fault({ kind: 'clear' })
  })
  afterAll(async () => opened?.close(), 60_000)
  return world
}
