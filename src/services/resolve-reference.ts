import { tagSchema } from '../domain/build.ts'
import { nearest } from '../domain/nearest.ts'
import { digestIn, shortDigest, type Release } from '../domain/release.ts'
import { series } from '../domain/wording.ts'
import type { RegistryReader } from '../ports/registry.ts'
import { labelsOrNone } from './labels-or-none.ts'

export type Resolved =
  | { readonly kind: 'release'; readonly release: Release }
  /** There is no such release, or it must not be rolled out; `message` says what to type instead. Not escaped. */
  | { readonly kind: 'none'; readonly message: string }
  /** The registry does not answer, or not so that it helps. `permanent`: it will answer the same again. */
  | { readonly kind: 'unavailable'; readonly message: string; readonly permanent?: boolean }

/** How many images are asked for their labels to find a commit. */
const mostLookedAt = 100
const atOnce = 8

/**
 * What a person means by a tag, a commit (of at least seven digits) or a digest. A tag goes first, then a tag that ends
 * with the commit, then an image whose label says so. Throws `RegistryFault`.
 */
export async function resolveReference(registry: RegistryReader, image: string, reference: string): Promise<Resolved> {
  const tag = tagSchema.safeParse(reference).success ? reference : null
  const asked = tag ?? digestIn(reference)
  if (asked === null || (tag === null && asked !== reference)) {
    return none(`\`${reference}\` is no tag, no commit and no digest (sha256: and 64 hex digits)`)
  }
  const manifest = await registry.manifest(image, asked)
  if (manifest !== null) return described(registry, image, manifest.digest, tag)
  if (tag === null) return none(`${image} has no image ${shortDigest(asked)}`)
  const tags = await registry.tags(image)
  const commit = /^[0-9a-f]{7,64}$/.test(tag) ? tag : null
  const found = commit === null ? null : await findCommit(registry, image, tags, commit)
  if (found !== null) return described(registry, image, found.digest, found.tag)
  const near = nearest(tag, tags)
  const known = tags.slice(-8)
  const instead =
    near !== null
      ? `: perhaps \`${near}\` is meant`
      : known.length === 0
        ? ': it has no tag at all'
        : `; it has ${series(known.map((one) => `\`${one}\``))}${tags.length > known.length ? ' and others' : ''}`
  return none(`${image} has no tag${commit === null ? '' : ' and no commit'} \`${tag}\`${instead}`)
}

const none = (message: string): Resolved => ({ kind: 'none', message })

async function described(
  registry: RegistryReader,
  image: string,
  digest: string,
  tag: string | null,
): Promise<Resolved> {
  const release: Release = { digest, tag, ...(await registry.labels(image, digest)) }
  const dirty = [tag, release.version, release.revision].find((one) => one?.endsWith('-dirty') === true)
  if (dirty === undefined) return { kind: 'release', release }
  return none(`\`${dirty}\` was built from sources that nobody committed: build it from a commit`)
}

interface Found {
  readonly tag: string | null
  readonly digest: string
}

async function findCommit(
  registry: RegistryReader,
  image: string,
  tags: readonly string[],
  commit: string,
): Promise<Found | null> {
  const named = tags.find((tag) => tag.startsWith(commit) || new RegExp(`(^|[._-])${commit}[0-9a-f]*$`).test(tag))
  if (named !== undefined) {
    const manifest = await registry.manifest(image, named)
    if (manifest !== null) return { tag: named, digest: manifest.digest }
  }
  const looked = tags.slice(-mostLookedAt)
  for (let from = 0; from < looked.length; from += atOnce) {
    const answers = await Promise.all(looked.slice(from, from + atOnce).map((tag) => labelled(registry, image, tag)))
    const found = answers.find((one) => one?.revision?.startsWith(commit) === true)
    if (found !== undefined && found !== null) return found
  }
  return null
}

async function labelled(
  registry: RegistryReader,
  image: string,
  tag: string,
): Promise<(Found & { readonly revision: string | null }) | null> {
  const manifest = await registry.manifest(image, tag)
  if (manifest === null) return null
  const { revision } = await labelsOrNone(registry, image, manifest.digest)
  return { tag, digest: manifest.digest, revision }
}
