import { createHash } from 'node:crypto'
import { registryUser } from './start.ts'

/** Where something is pushed: `repository` without its host, as `opsee/bartnet`. */
export interface Repository {
  /** `http://127.0.0.1:…`. */
  readonly url: string
  readonly repository: string
}

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  /** In bytes. */
  readonly size: number
}

export const ociTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
} as const

/** A locked registry takes this; an open one does not look at it. */
const authorization = `Basic ${Buffer.from(`${registryUser.username}:${registryUser.password}`).toString('base64')}`
const timeoutMs = 20_000

function describe(mediaType: string, content: string): Descriptor {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`
  return { mediaType, digest, size: Buffer.byteLength(content) }
}

/** Pushes a blob, unless it is there. Rejects when the registry says no. */
export async function pushBlob(
  { url, repository }: Repository,
  mediaType: string,
  content: string,
): Promise<Descriptor> {
  const blob = describe(mediaType, content)
  const there = await ask('HEAD', `${url}/v2/${repository}/blobs/${blob.digest}`, [200, 404])
  if (there.status === 200) return blob
  const begun = await ask('POST', `${url}/v2/${repository}/blobs/uploads/`, [202])
  const place = new URL(begun.headers.get('location') ?? '', url)
  place.searchParams.set('digest', blob.digest)
  await ask('PUT', place.href, [201], { type: 'application/octet-stream', content })
  return blob
}

/** Pushes a manifest under a tag, or under its own digest where `tag` is null. Resolves to its digest. */
export async function pushManifest(
  { url, repository }: Repository,
  tag: string | null,
  mediaType: string,
  content: string,
): Promise<string> {
  const { digest } = describe(mediaType, content)
  await ask('PUT', `${url}/v2/${repository}/manifests/${tag ?? digest}`, [201], { type: mediaType, content })
  return digest
}

async function ask(
  method: string,
  url: string,
  expected: readonly number[],
  body?: { readonly type: string; readonly content: string },
): Promise<Response> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    headers: { authorization, ...(body === undefined ? {} : { 'content-type': body.type }) },
    ...(body === undefined ? {} : { body: body.content }),
  })
  const text = await response.text()
  if (expected.includes(response.status)) return response
  throw new Error(`${method} ${url} answered HTTP ${response.status}: ${text.slice(0, 300)}`)
}
