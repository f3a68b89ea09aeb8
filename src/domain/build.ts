import { z } from 'zod'
import { digestSchema, imageLabelsSchema, releaseText } from './release.ts'

/** What somebody built and pushed, as a registry or a build server told it. */

/** A docker tag: nothing that could be read as a flag or as a second word of a command. */
export const tagSchema = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'write an image tag, such as v2')

const buildSenders = ['quay', 'dockerhub', 'harbor', 'generic'] as const

/** `builds/<service>/<id>`: one build of one service. Ids are counted over all services. */
export const buildSchema = z.strictObject({
  id: z.int().min(1),
  service: z.string(),
  /** With its host, as `repositoryName` writes it. */
  repository: z.string(),
  /** May be empty where the digest is known. */
  tags: z.array(tagSchema),
  /** Null while, and where, it is not known. */
  digest: digestSchema.nullable(),
  ...imageLabelsSchema.shape,
  sender: z.enum(buildSenders),
  /** The sender's own name for this delivery, the same each time that it is sent; null when it gives none. */
  delivery: z.string().nullable(),
  /** When it arrived: milliseconds since the epoch. */
  at: z.int(),
})
export type Build = z.infer<typeof buildSchema>

const dockerHub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'])

/** One name for one repository, however it is written: `opsee/api` and `index.docker.io/opsee/api` are `docker.io/opsee/api`. */
export function repositoryName(text: string): string {
  const [first = '', ...rest] = text.toLowerCase().split('/')
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  if (isHost && !dockerHub.has(first)) return [first, ...rest].join('/')
  const path = isHost ? rest : [first, ...rest]
  return ['docker.io', ...(path.length === 1 ? ['library'] : []), ...path].join('/')
}

/** How long the same words without a digest count as the same build: whoever sends them again has had no answer. */
const sameWordsMs = 600_000

/**
 * Whether `build` was told already. `earlier` are the builds of its service before it. A delivery that has a name is known
 * by it. A digest is known when its tags named it last; when all its tags are those that `moved` by themselves (tags of
 * tiers, which the bot moves), already when it came before at all. Without a digest nothing but time tells two apart.
 */
export function isKnownBuild(build: Build, earlier: readonly Build[], moves: (tag: string) => boolean): boolean {
  const { digest, delivery, tags } = build
  const before = earlier.filter((one) => one.repository === build.repository && one.id < build.id)
  if (delivery !== null && before.some((one) => one.delivery === delivery && one.sender === build.sender)) return true
  if (digest !== null && tags.every(moves) && before.some((one) => one.digest === digest)) return true
  const newest = before.filter((one) => sameTags(one.tags, tags)).toSorted((a, b) => b.id - a.id)[0]
  if (newest === undefined) return false
  if (digest !== null) return newest.digest === digest
  return delivery === null && newest.digest === null && build.at - newest.at < sameWordsMs
}

const sameTags = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((tag) => b.includes(tag))

/**
 * Whether a build may deploy itself to a tier: by tags that match, where some are named (`*` stands for anything, `?` for one
 * sign). One that came by the tags of tiers alone goes to these tiers alone; one that is called `latest` and nothing else, or that
 * was built from what nobody committed (`-dirty`), goes nowhere. `ofTiers` are the tags of the tiers, by tier.
 */
export function deploysItself(
  { tags }: Pick<Build, 'tags'>,
  to: { readonly tier: string; readonly tags: readonly string[] | null },
  ofTiers: ReadonlyMap<string, string>,
): boolean {
  if (tags.some((tag) => tag.endsWith('-dirty'))) return false
  const named = tags.filter((tag) => tag.toLowerCase() !== 'latest')
  if (named.length === 0) return tags.length === 0 && to.tags === null
  const moved = new Set(ofTiers.values())
  if (named.every((tag) => moved.has(tag)) && !named.includes(ofTiers.get(to.tier) ?? to.tier)) return false
  return to.tags === null || to.tags.some((pattern) => named.some((tag) => matches(pattern, tag)))
}

function matches(pattern: string, tag: string): boolean {
  const signs = pattern.replace(/\*+/g, '*').replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')
  return new RegExp(`^${signs}$`).test(tag)
}

/** `v2 (revision 1a2b3c4d5e, sha256:1a2b3c4d5e6f)`, with as much of it as is known. Not escaped. */
export function buildText({ digest, tags, revision, version }: Build): string {
  const tag = tags.length === 0 ? null : tags.join(', ')
  if (digest !== null) return releaseText({ digest, tag, revision, version: tag ?? version })
  return `${tag ?? 'an image'}${revision === null ? '' : ` (revision ${revision.slice(0, 40)})`}`
}
