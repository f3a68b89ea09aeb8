import { inTurns } from '../domain/in-turns.ts'
import type { Release } from '../domain/release.ts'
import type { RegistryReader } from '../ports/registry.ts'
import { labelsOrNone } from './labels-or-none.ts'

/** One image that a registry has. */
export interface ListedBuild {
  /** Its tag is null: `tags` has all of them. */
  readonly release: Release
  readonly tags: readonly string[]
}

interface ListedBuilds {
  /** Newest first; those that do not say when they were built come last. */
  readonly builds: readonly ListedBuild[]
  /** How many tags were not looked at. */
  readonly left: number
}

/** How many tags are asked for their image, from the end of the registry's list. */
const mostTags = 300
const atOnce = 8

/** The images of a repository, from its tags and labels. Throws `RegistryFault`. */
export async function listBuilds(registry: RegistryReader, image: string): Promise<ListedBuilds> {
  const tags = await registry.tags(image)
  const looked = tags.slice(-mostTags)
  const named = new Map<string, string[]>()
  const digests = await inTurns(looked, atOnce, async (tag) => (await registry.manifest(image, tag))?.digest ?? null)
  for (const [index, digest] of digests.entries()) {
    const tag = looked[index]
    if (digest !== null && tag !== undefined) named.set(digest, [...(named.get(digest) ?? []), tag])
  }
  const builds = await inTurns([...named], atOnce, async ([digest, its]): Promise<ListedBuild> => {
    return { release: { digest, tag: null, ...(await labelsOrNone(registry, image, digest)) }, tags: its }
  })
  const sorted = builds.toSorted((a, b) => (b.release.builtAt ?? 0) - (a.release.builtAt ?? 0))
  return { builds: sorted, left: tags.length - looked.length }
}
