import { z } from 'zod'
import { visible } from '../../domain/outside-text.ts'
import { digestSchema, type ImageLabels } from '../../domain/release.ts'
import { RegistryFault } from '../../ports/registry.ts'
import { digestOf } from './digest.ts'
import { imagesIn } from './images-in.ts'
import { mediaTypes, nameOf, wholeManifest, type WholeManifest } from './manifest.ts'
import type { Patience } from './patience.ts'
import type { Place } from './place.ts'
import type { Session } from './session.ts'

/** An index may hold indexes; three deep is one more than anybody makes. */
const mostIndexes = 3
/** Entries of an index that are looked at: an SBOM without a platform is known by its manifest alone. */
const mostTried = 5
const maxConfigBytes = 4 * 1024 * 1024
/** A label that is longer is not one of these. */
const maxLabelLength = 500

const indexSchema = z.looseObject({ manifests: z.array(z.unknown()) })
const manifestSchema = z.looseObject({
  config: z.looseObject({ digest: digestSchema, mediaType: z.string().optional() }),
})
const configSchema = z.looseObject({
  config: z.looseObject({ Labels: z.record(z.string(), z.unknown()).nullish().catch(null) }).nullish(),
})

/** Of images. Any other configuration belongs to an artifact, such as an SBOM or a signature. */
const configTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  'application/octet-stream',
  'application/json',
])

/**
 * What the image's configuration says. `came` is the manifest of that digest, where it is here already. Throws
 * `RegistryFault`, also when there is no such image.
 */
export async function readLabels(
  session: Session,
  place: Place,
  digest: string,
  patience: Patience,
  came?: WholeManifest,
): Promise<ImageLabels> {
  const configDigest = await imageConfig(session, place, digest, patience, came)
  if (configDigest === null) throw new RegistryFault('wrong', `${nameOf(place, digest)} is an index without an image`)
  const content = await blob(session, place, configDigest, patience)
  const labels = parsed(place, digest, configSchema, content).config?.Labels ?? {}
  const label = (name: string): string | null => {
    const said = labels[`org.opencontainers.image.${name}`]
    // A label of another type is odd, and no reason to lose the others.
    const value = typeof said === 'string' ? visible(said).trim() : ''
    return value === '' || value.length > maxLabelLength ? null : value
  }
  const created = Date.parse(label('created') ?? '')
  return {
    revision: label('revision'),
    version: label('version'),
    source: label('source'),
    builtAt: Number.isNaN(created) ? null : created,
  }
}

/** The digest of an image's configuration, of an index that of its best image. Null where there is no image. */
async function imageConfig(
  session: Session,
  place: Place,
  digest: string,
  patience: Patience,
  came?: WholeManifest,
  depth = 0,
): Promise<string | null> {
  if (depth > mostIndexes)
    throw new RegistryFault('wrong', `${nameOf(place, digest)} is an index of indexes without an end`)
  const here = digest === came?.digest ? came : null
  const manifest = here ?? (await wholeManifest(session, place, digest, patience))
  if (manifest === null) throw new RegistryFault('wrong', `${place.host} has no ${nameOf(place, digest)}`)
  if (manifest.mediaType !== mediaTypes.ociIndex && manifest.mediaType !== mediaTypes.dockerList) {
    const { config } = parsed(place, digest, manifestSchema, manifest.content)
    // A single manifest was asked for by its name, so its configuration counts in any case.
    if (depth === 0) return config.digest
    const isImage = config.mediaType === undefined || config.mediaType === '' || configTypes.has(config.mediaType)
    return isImage ? config.digest : null
  }
  const { manifests } = parsed(place, digest, indexSchema, manifest.content)
  for (const one of imagesIn(manifests).slice(0, mostTried)) {
    const config = await imageConfig(session, place, one, patience, came, depth + 1)
    if (config !== null) return config
  }
  return null
}

async function blob(session: Session, place: Place, digest: string, patience: Patience): Promise<Buffer> {
  const doing = { right: 'pull', words: `show the configuration of ${place.image} (${digest})` } as const
  const answer = await session.ask(
    place,
    { method: 'GET', path: `blobs/${digest}`, headers: {}, maxBytes: maxConfigBytes, doing, again: true },
    patience,
  )
  if (answer.status !== 200) throw session.refusal(place, answer, doing)
  const got = digestOf(answer.body)
  if (got === digest) return answer.body
  const message = `${place.host} sent the configuration of ${place.image} with the digest ${got}, which should be ${digest}`
  throw new RegistryFault('wrong', `${message}: nothing of it is believed`)
}

function parsed<T>(place: Place, digest: string, schema: z.ZodType<T>, content: Buffer): T {
  try {
    return schema.parse(JSON.parse(content.toString('utf8')))
  } catch (error) {
    const message = `${nameOf(place, digest)} is not described as an image is`
    throw new RegistryFault('wrong', message, { cause: error })
  }
}
