import { z } from 'zod'
import { digestSchema } from '../../domain/release.ts'
import { mediaTypes } from './manifest.ts'

const platform = z.looseObject({
  os: z.string().optional(),
  architecture: z.string().optional(),
  variant: z.string().optional(),
})

const entry = z.looseObject({
  digest: digestSchema,
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.unknown()).nullish().catch(null),
  platform: platform.nullish().catch(null),
})
type Entry = z.output<typeof entry>

const manifestTypes: ReadonlySet<string> = new Set(Object.values(mediaTypes))

/**
 * Digests of an index that may be images, the best first: linux/amd64, then the first with a platform, then those that
 * name no platform. Left out are attestations (unknown/unknown), SBOMs and signatures beside the images, and entries
 * that cannot be read. `{}` is no platform.
 */
export function imagesIn(manifests: readonly unknown[]): readonly string[] {
  const images = manifests.flatMap((one) => {
    const parsed = entry.safeParse(one)
    return parsed.success && mayBeImage(parsed.data) ? [parsed.data] : []
  })
  return images.toSorted((a, b) => rank(a) - rank(b)).map(({ digest }) => digest)
}

function mayBeImage({ mediaType, artifactType, annotations, platform: on }: Entry): boolean {
  if (mediaType !== undefined && mediaType !== '' && !manifestTypes.has(mediaType)) return false
  if (artifactType !== undefined && artifactType !== '') return false
  // Docker's builder marks what it adds beside an image.
  if (annotations?.['vnd.docker.reference.type'] !== undefined) return false
  if (isNone(on)) return true
  return ![on?.os, on?.architecture].some((word) => word === undefined || word === '' || word === 'unknown')
}

/** Neither an operating system nor an architecture is named. */
const isNone = (on: Entry['platform']): boolean =>
  on === null || on === undefined || (on.os === undefined && on.architecture === undefined)

function rank({ platform: on }: Entry): number {
  if (isNone(on)) return 2
  return on?.os === 'linux' && on.architecture === 'amd64' ? 0 : 1
}
