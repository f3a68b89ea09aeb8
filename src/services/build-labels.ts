import type { Build } from '../domain/build.ts'
import type { Clock } from '../ports/clock.ts'
import { RegistryFault, type RegistryReader } from '../ports/registry.ts'

export type ReadBuild =
  | {
      readonly kind: 'read'
      /** With what the registry said of it, and the tags that name it. */
      readonly build: Build
      /** Tags that name another image: a build of their own. */
      readonly others: readonly string[]
      /** Why there is nothing more to say of it; null when all was read. */
      readonly unread: string | null
    }
  /** The registry may answer later. */
  | { readonly kind: 'away'; readonly reason: string }

/** How long a build waits for its registry before it is told without it. */
const patienceMs = 60_000

/** Asks the registry which image the tags name, and what its labels say. Never rejects. `image` is the repository as configured. */
export async function readBuild(
  build: Build,
  image: string,
  parts: { readonly registry: RegistryReader | null; readonly clock: Pick<Clock, 'now'>; readonly signal: AbortSignal },
): Promise<ReadBuild> {
  const { registry, clock, signal } = parts
  if (registry === null) return { kind: 'read', build, others: [], unread: null }
  try {
    const named = await digestsOf(build, image, registry, signal)
    const digest = build.digest ?? named[0]?.digest ?? null
    if (digest === null) return { kind: 'read', build, others: [], unread: 'the registry has no such image' }
    const labels = await registry.labels(image, digest, signal)
    const tags = named.filter((one) => one.digest === digest).map(({ tag }) => tag)
    const others = named.filter((one) => one.digest !== digest && one.digest !== null).map(({ tag }) => tag)
    const read = { ...build, ...labels, revision: labels.revision ?? build.revision, digest, tags }
    return { kind: 'read', build: read, others, unread: null }
  } catch (error) {
    if (!(error instanceof RegistryFault)) throw error
    if (error.kind === 'away' && clock.now() - build.at < patienceMs) return { kind: 'away', reason: error.message }
    return { kind: 'read', build, others: [], unread: error.message }
  }
}

/** What each tag names. Those of a build whose digest was told are believed: by now they may name a later one. */
async function digestsOf(build: Build, image: string, registry: RegistryReader, signal: AbortSignal) {
  const { digest, tags } = build
  if (digest !== null) return tags.map((tag) => ({ tag, digest }))
  return Promise.all(
    tags.map(async (tag) => ({ tag, digest: (await registry.manifest(image, tag, signal))?.digest ?? null })),
  )
}
