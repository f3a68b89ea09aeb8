import type { Asked, Evidence, Said } from '../checker/evidence.ts'
import { repositoryOf, type ChaosRegistry } from './registry.ts'
import type { Replica } from './replica.ts'
import { isReleased, servicesIn } from './shop.ts'
import type { ChaosWorld } from './world.ts'

/** What the checker may know of releases. */
export async function heardOf(world: ChaosWorld): Promise<Pick<Evidence, 'asked' | 'said' | 'named'>> {
  const { registry, replicas } = world
  if (registry === null) return { asked: [], said: [], named: new Map() }
  const asked = [...registry.moved, ...replicas.flatMap(askedBy)].sort((a, b) => a.at - b.at)
  const targets = world.tiers.flatMap(({ tier }) =>
    servicesIn(world.options.services, tier).flatMap((one) => (isReleased(one) ? [{ tier, name: one.name }] : [])),
  )
  const named = await Promise.all(
    targets.map(
      async ({ tier, name }) =>
        [`/v2/${repositoryOf(name)}/manifests/${tier}`, await registry.named(name, tier)] as const,
    ),
  )
  return { asked, said: await saidIn(world, registry), named: new Map(named) }
}

const askedBy = ({ registry, pids }: Replica): readonly Asked[] =>
  (registry?.asked ?? []).map(({ fate, ...one }) => ({ ...one, heard: fate === 'well' && one.doneAt !== null, pids }))

/** `vape v2 (vape-v2) starts from quay.io/opsee/vape:production`: the first line of a process of the shop. */
const firstLine = /^(\S+) (\S+) \(\S+\) starts from /

/** Also of machines that left: by the lab's own address, as these answer nobody. */
async function saidIn({ tiers, options }: ChaosWorld, registry: ChaosRegistry): Promise<readonly Said[]> {
  const released = new Set(options.services.filter(isReleased).map(({ name }) => name))
  const all = await Promise.all(
    tiers.map(async ({ tier, fleet }) =>
      (await fleet.journals()).flatMap(({ unit, at, pid, text }): Said[] => {
        const [, service = '', build = ''] = firstLine.exec(text) ?? []
        return released.has(service) ? [{ at, tier, unit, pid, digest: registry.digestOf(service, build) }] : []
      }),
    ),
  )
  return all.flat().sort((a, b) => a.at - b.at)
}
