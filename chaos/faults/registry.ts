import type { RegistryFate, RegistryProxy } from '../../test/support/registry-proxy.ts'
import { chancesFrom, type Chances } from '../random.ts'
import { goodBuilds, type ChaosRegistry } from '../world/registry.ts'
import { isReleased } from '../world/shop.ts'
import type { ChaosWorld } from '../world/world.ts'
import { oneOf, type Fault } from './fault.ts'

/** The registry of a world that has one: the faults here are played in no other. */
function registryOf({ registry }: ChaosWorld): ChaosRegistry {
  if (registry === null) throw new Error('there is no registry')
  return registry
}

/** A service that has releases. */
export const releasedOf = ({ options }: ChaosWorld, chances: Chances): string =>
  oneOf(chances, options.services.filter(isReleased)).name

/** The ways of some replicas, or of all, to the registry. */
function waysOf(
  { replicas }: ChaosWorld,
  chances: Chances,
): { readonly names: string; readonly ways: RegistryProxy[] } {
  const hit = chances.happens(0.5) ? replicas : [oneOf(chances, replicas)]
  return { names: hit.map(({ name }) => name).join(', '), ways: hit.flatMap(({ registry }) => registry ?? []) }
}

/** Requests meet one of these fates, as often as `share` says. */
function fate(what: string, share: number, fates: readonly [RegistryFate, ...RegistryFate[]], methods = /./): Fault {
  return {
    what,
    async begin(world, chances) {
      const { names, ways } = waysOf(world, chances)
      for (const way of ways) {
        const own = chancesFrom(chances.between(0, 1_000_000))
        way.decide((method) => (methods.test(method) && own.happens(share) ? own.pick(fates) : 'well'))
      }
      const end = (): void => ways.forEach((way) => way.decide(() => 'well'))
      return { forMs: chances.between(1000, 9000), detail: names, end }
    },
  }
}

/** What happens to the registry, and on the ways to it. */
export const registryFaults: readonly Fault[] = [
  fate('the registry refuses connections', 1, ['reset']),
  fate('the registry does not answer', 1, ['silence']),
  fate('the registry answers some with 429 and 503', 0.6, ['too-fast', 'broken']),
  fate('the registry does what it is asked, and its answer is lost', 0.5, ['lost-answer']),
  fate('a push is done, and its answer is lost', 1, ['lost-answer'], /PUT/),
  fate('the registry refuses pushes', 1, ['refused'], /PUT/),
  {
    what: 'the registry answers late',
    async begin(world, chances) {
      const { names, ways } = waysOf(world, chances)
      const ms = chances.between(100, 1500)
      for (const way of ways) way.delay(ms)
      const end = (): void => ways.forEach((way) => way.delay(0))
      return { forMs: chances.between(2000, 9000), detail: `${names}, by ${ms} ms`, end }
    },
  },
  {
    what: 'the registry stopped by SIGSTOP, then continued',
    async begin(world, chances) {
      const { server } = registryOf(world)
      server.pause()
      return { forMs: chances.between(500, 7000), detail: 'for bots and machines', end: () => server.resume() }
    },
  },
  {
    what: 'machines cannot pull, and start what they have',
    async begin(world, chances) {
      const { pulls } = registryOf(world)
      const share = chances.between(3, 10) / 10
      const own = chancesFrom(chances.between(0, 1_000_000))
      pulls.decide(() => (own.happens(share) ? 'broken' : 'well'))
      const end = (): void => pulls.decide(() => 'well')
      return { forMs: chances.between(2000, 9000), detail: `${share * 100} % of requests`, end }
    },
  },
  {
    what: 'somebody else moves the tag',
    async begin(world, chances) {
      const [service, build] = [releasedOf(world, chances), chances.pick(goodBuilds)]
      await registryOf(world).move(service, build)
      return { forMs: 0, detail: `${service} to ${build}`, end: () => undefined }
    },
  },
]
