import { z } from 'zod'
import { digestSchema, type ImageLabels } from '../../domain/release.ts'
import { RegistryFault } from '../../ports/registry.ts'
import { digestOf } from './digest.ts'
import { mediaTypes, nameOf, wholeManifest, type WholeManifest } from './manifest.ts'
import type { Patience } from './patience.ts'
import type { Place } from './place.ts'
import type { Session } from './session.ts'

/** An index may hold indexes; three deep is one more than anybody makes. */
const mostIndexes = 3
const maxConfigBytes = 4 * 1024 * 1024
/** A label that is longer is not one of these. */
const maxLabelLength = 500

const indexSchema = z.object({
  manifests: z.array(
    z.object({
      digest: digestSchema,
      platform: z.object({ os: z.string(), architecture: z.string() }).nullish(),
    }),
  ),
})
const manifestSchema = z.object({ config: z.object({ digest: digestSchema }) })
const configSchema = z.object({
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
})

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
  const manifest = await imageManifest(session, place, digest, patience, came)
  const { config } = parsed(place, digest, manifestSchema, manifest.content)
  const content = await blob(session, place, config.digest, patience)
  const labels = parsed(place, digest, configSchema, content).config?.Labels ?? {}
  const label = (name: string): string | null => {
    const value = labels[`org.opencontainers.image.${name}`]?.trim() ?? ''
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

/** Of an index the image for linux/amd64, or the first. */
async function imageManifest(
  session: Session,
  place: Place,
  digest: string,
  patience: Patience,
  came?: WholeManifest,
): Promise<WholeManifest> {
  let wanted = digest
  for (let depth = 0; depth <= mostIndexes; depth += 1) {
    const here = wanted === came?.digest ? came : null
    const manifest = here ?? (await wholeManifest(session, place, wanted, patience))
    if (manifest === null) throw new RegistryFault('wrong', `${place.host} has no ${nameOf(place, wanted)}`)
    if (manifest.mediaType !== mediaTypes.ociIndex && manifest.mediaType !== mediaTypes.dockerList) return manifest
    const { manifests } = parsed(place, wanted, indexSchema, manifest.content)
    // What docker's builder adds beside an image, its attestation, is for the platform unknown/unknown.
    const images = manifests.filter(({ platform }) => platform?.os !== 'unknown')
    const usual = images.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64')
    const first = usual ?? images[0]
    if (first === undefined) throw new RegistryFault('wrong', `${nameOf(place, wanted)} is an index without an image`)
    wanted = first.digest
  }
  throw new RegistryFault('wrong', `${nameOf(place, digest)} is an index of indexes without an end`)
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
