import { tagSchema } from '../../domain/build.ts'
import { z } from 'zod'
import { RegistryFault, type Manifest } from '../../ports/registry.ts'
import { digestOf, isDigest } from './digest.ts'
import type { Patience } from './patience.ts'
import type { Place } from './place.ts'
import type { Question, Session } from './session.ts'
import type { Answer } from './wire.ts'

export const mediaTypes = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const
const known: ReadonlySet<string> = new Set(Object.values(mediaTypes))

/** In one header: some registries read only the first. Without the OCI types Quay answers in the old format of schema 1. */
const accept = Object.values(mediaTypes).join(', ')

/** Registries refuse larger ones when they are pushed (distribution's limit). */
const maxManifestBytes = 4 * 1024 * 1024

export interface WholeManifest extends Manifest {
  /** As it was received: the digest is of these. */
  readonly content: Buffer
}

const dockerConfigType = 'application/vnd.docker.container.image.v1+json'

const shape = z.looseObject({
  schemaVersion: z.literal(2).optional(),
  mediaType: z.string().optional(),
  manifests: z.array(z.unknown()).optional(),
  config: z.looseObject({ digest: z.string(), mediaType: z.string().optional() }).optional(),
  layers: z.array(z.unknown()).optional(),
})

/** By HEAD, and by GET where HEAD says too little or is not answered. Null when there is no such image. */
export async function lookAt(
  session: Session,
  place: Place,
  reference: string,
  patience: Patience,
): Promise<Manifest | null> {
  const answer = await session.ask(place, question('HEAD', place, reference), patience)
  if (answer.status === 404) return null
  const digest = answer.header('docker-content-digest')
  const mediaType = mediaTypeOf(answer)
  const bytes = Number(answer.header('content-length'))
  // ECR and others leave the digest out, proxies the length, and some refuse HEAD. Why it is refused, only GET says.
  if (answer.status !== 200 || digest === null || !isDigest(digest) || !known.has(mediaType) || !(bytes > 0)) {
    return wholeManifest(session, place, reference, patience)
  }
  if (isDigest(reference) && digest !== reference) throw mismatch(place, reference, digest)
  return { digest, mediaType, bytes }
}

/** By GET, with its digest computed and compared. Null when there is no such image. */
export async function wholeManifest(
  session: Session,
  place: Place,
  reference: string,
  patience: Patience,
): Promise<WholeManifest | null> {
  const answer = await session.ask(place, question('GET', place, reference), patience)
  if (answer.status === 404) return null
  if (answer.status !== 200) throw session.refusal(place, answer, doingOf(place, reference))
  const content = answer.body
  const digest = digestOf(content)
  const mediaType = kindOf(answer)
  if (!known.has(mediaType)) {
    const what = mediaType === '' ? 'no image' : `what no current docker pulls (${mediaType.slice(0, 100)})`
    throw new RegistryFault('wrong', `${place.host} shows ${what} as ${nameOf(place, reference)}`)
  }
  if (isDigest(reference) && digest !== reference) throw mismatch(place, reference, digest)
  const said = answer.header('docker-content-digest')
  if (said !== null && isDigest(said) && said !== digest) throw mismatch(place, said, digest)
  return { digest, mediaType, bytes: content.length, content }
}

export const nameOf = ({ image }: Place, reference: string): string =>
  isDigest(reference) ? `${image}@${reference}` : `${image}:${reference}`

const doingOf = (place: Place, reference: string) =>
  ({ right: 'pull', words: `show ${nameOf(place, reference)}` }) as const

function question(method: 'HEAD' | 'GET', place: Place, reference: string): Question {
  if (!isDigest(reference) && !tagSchema.safeParse(reference).success) {
    throw new RegistryFault('wrong', `${reference.slice(0, 200)} is no tag and no digest`)
  }
  return {
    method,
    path: `manifests/${reference}`,
    headers: { accept },
    maxBytes: maxManifestBytes,
    doing: doingOf(place, reference),
    again: true,
  }
}

function mismatch(place: Place, wanted: string, got: string): RegistryFault {
  const message = `${place.host} shows ${place.image} with the digest ${got}, which should be ${wanted}: nothing of it is believed`
  return new RegistryFault('wrong', message)
}

const mediaTypeOf = (answer: Answer): string =>
  (answer.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

/**
 * Some serve manifests as plain JSON: then the content says what it is. `mediaType` is optional in OCI manifests, so
 * without it their shape counts. Empty when it is no manifest.
 */
function kindOf(answer: Answer): string {
  const said = mediaTypeOf(answer)
  if (said.startsWith('application/vnd.')) return said
  const parsed = shape.safeParse(jsonOf(answer.body))
  if (!parsed.success) return ''
  const { mediaType, manifests, config, layers } = parsed.data
  if (mediaType !== undefined && mediaType !== '') return mediaType
  if (manifests !== undefined) return mediaTypes.ociIndex
  if (config === undefined || layers === undefined) return ''
  return config.mediaType === dockerConfigType ? mediaTypes.dockerManifest : mediaTypes.ociManifest
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}
