import { z } from 'zod'
import type { Asked, Evidence, Said } from '../checker/evidence.ts'
import { repositoryOf, type ChaosRegistry } from './registry.ts'
import type { Replica } from './replica.ts'
import { isReleased, mostInstances, servicesIn } from './shop.ts'
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

const journal = z.object({ lines: z.array(z.object({ at: z.number(), pid: z.number(), text: z.string() })) })

/** `vape v2 (vape-v2) starts from quay.io/opsee/vape:production`: the first line of a process of the shop. */
const firstLine = /^(\S+) (\S+) \(\S+\) starts from /

async function saidIn({ tiers, options }: ChaosWorld, registry: ChaosRegistry): Promise<readonly Said[]> {
  const places = tiers.flatMap(({ tier, fleet }) => {
    const units = servicesIn(options.services, tier).flatMap((one) => (isReleased(one) ? everyUnitOf(one) : []))
    return fleet.endpoints.flatMap((endpoint) => units.map((unit) => ({ tier, endpoint, unit })))
  })
  const all = await Promise.all(
    places.map(async ({ tier, endpoint, unit }): Promise<readonly Said[]> => {
      const answer = await fetch(`${endpoint}/standin/journal/${encodeURIComponent(unit)}`)
      return journal.parse(await answer.json()).lines.flatMap(({ at, pid, text }) => {
        const [, service = '', build = ''] = firstLine.exec(text) ?? []
        return service === '' ? [] : [{ at, tier, unit, pid, digest: registry.digestOf(service, build) }]
      })
    }),
  )
  return all.flat().sort((a, b) => a.at - b.at)
}

/** Those that a scale may add, too. */
const everyUnitOf = ({ name }: { readonly name: string }): readonly string[] =>
  Array.from({ length: mostInstances }, (_, index) => `${name}@${index + 1}.service`)
