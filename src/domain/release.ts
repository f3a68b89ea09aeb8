import { z } from 'zod'

/** What a target runs, or should run: one immutable image, named by its manifest digest. */

/** `sha256:` and 64 hex digits: what `docker pull image@…` takes. */
export const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'write sha256: and 64 hex digits')

/** What the labels of an image's configuration say of it; null where it has no such label. */
export const imageLabelsSchema = z.strictObject({
  /** `org.opencontainers.image.revision`: the source commit. */
  revision: z.string().nullable(),
  /** `org.opencontainers.image.version`. */
  version: z.string().nullable(),
  /** `org.opencontainers.image.source`: where its source is, a URL. */
  source: z.string().nullable(),
  /** `org.opencontainers.image.created`, in milliseconds since the epoch. */
  builtAt: z.int().nullable(),
})
export type ImageLabels = z.infer<typeof imageLabelsSchema>

export const releaseSchema = z.strictObject({
  digest: digestSchema,
  /** The tag by which it was asked for; null when it was asked for otherwise. */
  tag: z.string().nullable(),
  ...imageLabelsSchema.shape,
})
export type Release = z.infer<typeof releaseSchema>

/** Where the units of a target look up which release to pull. */
export const wantedAtSchema = z.discriminatedUnion('by', [
  /** A tag of the registry, which the bot moves. */
  z.strictObject({ by: z.literal('tag'), image: z.string(), tag: z.string() }),
  /** An absolute etcd key, whose value is the digest. */
  z.strictObject({ by: z.literal('key'), image: z.string(), key: z.string() }),
])
export type WantedAt = z.infer<typeof wantedAtSchema>

/** How an instance says which release it runs. */
export const proofSchema = z.discriminatedUnion('by', [
  /** A field of its health answer holds the digest. */
  z.strictObject({ by: z.literal('health'), field: z.string() }),
  /** A field of its health answer holds what a label of the image says. */
  z.strictObject({ by: z.literal('label'), label: z.enum(['revision', 'version']), field: z.string() }),
  /** It writes the digest to an absolute etcd key; `{unit}` stands for its unit, `{instance}` for its number. */
  z.strictObject({ by: z.literal('key'), key: z.string() }),
  /** There is no way to tell. */
  z.strictObject({ by: z.literal('none') }),
])
export type Proof = z.infer<typeof proofSchema>

/** `sha256:1a2b3c4d5e6f`: enough for people to tell two apart. */
export const shortDigest = (digest: string): string => digest.slice(0, 'sha256:'.length + 12)

/** A commit as people write it; what is none stays as it is. */
export const shortRevision = (revision: string): string =>
  /^[0-9a-f]{12,64}$/.test(revision) ? revision.slice(0, 10) : revision

/** `v2 (revision 1a2b3c4d5e, sha256:1a2b3c4d5e6f)`, with as much of it as is known. Not escaped. */
export function releaseText(release: Pick<Release, 'digest' | 'tag' | 'revision' | 'version'>): string {
  const name = release.version ?? release.tag
  const revision = release.revision === null ? [] : [`revision ${shortRevision(release.revision)}`]
  const rest = [...revision, shortDigest(release.digest)]
  return name === null ? rest.join(', ') : `${name} (${rest.join(', ')})`
}

/** `v2 (sha256:1a2b3c4d5e6f)`: what people call it, and what it is. Not escaped. */
export function releaseName({ digest, tag, version }: Pick<Release, 'digest' | 'tag' | 'version'>): string {
  const name = version ?? tag
  return name === null ? shortDigest(digest) : `${name} (${shortDigest(digest)})`
}

/** `2.7.0`: the shortest name by which people know it. Not escaped. */
export const releaseLabel = ({ digest, tag, version, revision }: Release): string =>
  version ?? tag ?? (revision === null ? shortDigest(digest) : shortRevision(revision))

/** The digest in what an instance says of itself: alone, or behind an image's name; null when there is none. */
export const digestIn = (text: string): string | null => /sha256:[0-9a-f]{64}(?![0-9a-f])/.exec(text)?.[0] ?? null
