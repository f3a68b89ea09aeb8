import { z } from 'zod'
import type { Asked, Evidence, Said } from '../checker/evidence.ts'
import { repositoryOf, type ChaosRegistry } from './registry.ts'
import type { Replica } from './replica.ts'
import { isReleased, tier } from './shop.ts'
import type { ChaosWorld } from './world.ts'

/** What the checker may know of releases. */
export async function heardOf(world: ChaosWorld): Promise<Pick<Evidence, 'asked' | 'said' | 'named'>> {
  const { registry, replicas } = world
  if (registry === null) return { asked: [], said: [], named: new Map() }
  const asked = [...registry.moved, ...replicas.flatMap(askedBy)].sort((a, b) => a.at - b.at)
  const names = world.options.services.flatMap((one) => (isReleased(one) ? [one.name] : []))
  const named = await Promise.all(
    names.map(async (name) => [`/v2/${repositoryOf(name)}/manifests/${tier}`, await registry.named(name)] as const),
  )
  return { asked, said: await saidIn(world, registry), named: new Map(named) }
}

const askedBy = ({ registry, pids }: Replica): readonly Asked[] =>
  (registry?.asked ?? []).map(({ fate, ...one }) => ({ ...one, heard: fate === 'well' && one.doneAt !== null, pids }))

const journal = z.object({ lines: z.array(z.object({ at: z.number(), pid: z.number(), text: z.string() })) })

/** `vape v2 (vape-v2) starts from quay.io/opsee/vape:production`: the first line of a process of the shop. */
const firstLine = /^(\S+) (\S+) \(\S+\) starts from /

async function saidIn({ fleet, options }: ChaosWorld, registry: ChaosRegistry): Promise<readonly Said[]> {
  const units = options.services.flatMap((one) => (isReleased(one) ? one.units : []))
  const all = await Promise.all(
    fleet.endpoints.flatMap((endpoint) =>
      units.map(async (unit): Promise<readonly Said[]> => {
        const answer = await fetch(`${endpoint}/standin/journal/${encodeURIComponent(unit)}`)
        return journal.parse(await answer.json()).lines.flatMap(({ at, pid, text }) => {
          const [, service = '', build = ''] = firstLine.exec(text) ?? []
          return service === '' ? [] : [{ at, unit, pid, digest: registry.digestOf(service, build) }]
        })
      }),
    ),
  )
  return all.flat().sort((a, b) => a.at - b.at)
}
