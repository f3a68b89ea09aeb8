import { ociTypes, pushBlob, pushManifest, type Repository } from './upload.ts'

/** What somebody built and pushed: what an instance of it does is in its single layer. */
export interface Image {
  readonly version: string
  /** The source commit. */
  readonly revision: string
  /** `unhealthy`: answers its health path with 503. `crash`: ends with 1 as soon as it starts. */
  readonly fault?: 'none' | 'unhealthy' | 'crash'
  /** How long a pull takes. */
  readonly pullSeconds?: number
  /** When it was built, ISO 8601; the same image with the same time is the same digest. */
  readonly createdAt?: string
  /** The page of its source, for links. */
  readonly source?: string
}

/** The layer's lines, as a shell reads them. */
const layerType = 'application/vnd.opsee.shop.layer.v1'
const platform = { os: 'linux', architecture: 'amd64' } as const
const longAgo = '2026-01-05T09:00:00Z'

/** Pushes an image under a tag (null: under its digest alone). Resolves to its digest. */
export async function pushImage(
  registryUrl: string,
  repository: string,
  tag: string | null,
  image: Image,
): Promise<string> {
  const at: Repository = { url: registryUrl, repository }
  const { version, revision, fault = 'none', pullSeconds = 0.3, createdAt = longAgo, source } = image
  const layer = await pushBlob(
    at,
    layerType,
    `VERSION=${version}\nREVISION=${revision}\nFAULT=${fault}\nPULL_SECONDS=${pullSeconds}\n`,
  )
  const labels = {
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.revision': revision,
    'org.opencontainers.image.created': createdAt,
    ...(source === undefined ? {} : { 'org.opencontainers.image.source': source }),
  }
  const config = await pushBlob(
    at,
    ociTypes.config,
    JSON.stringify({
      created: createdAt,
      ...platform,
      config: { Labels: labels },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  )
  const manifest = { schemaVersion: 2, mediaType: ociTypes.manifest, config, layers: [layer] }
  return pushManifest(at, tag, ociTypes.manifest, JSON.stringify(manifest))
}

/** Pushes an index of images that are in the repository. Resolves to its digest. */
export async function pushIndex(
  registryUrl: string,
  repository: string,
  tag: string,
  images: readonly { readonly digest: string; readonly size: number; readonly architecture: string }[],
): Promise<string> {
  const manifests = images.map(({ digest, size, architecture }) => ({
    mediaType: ociTypes.manifest,
    digest,
    size,
    platform: { os: platform.os, architecture },
  }))
  const index = { schemaVersion: 2, mediaType: ociTypes.index, manifests }
  return pushManifest({ url: registryUrl, repository }, tag, ociTypes.index, JSON.stringify(index))
}
