import { describe, expect, test } from 'vitest'
import { digestOf, makeImage, send, sendManifest, types } from './fake-registry.ts'
import { closingAfterEach } from './support.ts'

const { fake, adapter } = closingAfterEach()
const api = 'quay.io/opsee/api'
const first = makeImage({ 'org.opencontainers.image.version': '1.0.0' })
const second = makeImage({ 'org.opencontainers.image.version': '2.0.0' })

/** One whose tag `production` names whatever `shop.tag` holds: the text of a manifest or an index. */
async function shop() {
  const shop = { tag: first.manifest }
  const { url, asked } = await fake(({ line }, response) => {
    const name = line.split('/').at(-1) ?? ''
    const blob = [first, second].find(({ configDigest }) => configDigest === name)?.config
    const named = [first, second].find(({ digest }) => digest === name)?.manifest
    const manifest = name === 'production' ? shop.tag : named
    if (blob !== undefined) send(response, 200, blob)
    else if (manifest === undefined) send(response, 404, '')
    else {
      const type = manifest.includes('"manifests"') ? types.index : types.manifest
      sendManifest(response, manifest, { 'docker-content-digest': digestOf(manifest), 'content-type': type })
    }
  })
  const registry = adapter(url)
  /** What the tag names and what its labels say, with the requests that this took. */
  const look = async () => {
    const before = asked.length
    const digest = (await registry.manifest(api, 'production', undefined, 'labels'))?.digest ?? ''
    const { version } = await registry.labels(api, digest)
    return { digest, version, asked: asked.slice(before).map(({ line }) => line.replace('/v2/opsee/api/', '')) }
  }
  return { shop, look }
}

describe('What a tag names, where its labels are asked for next', () => {
  test('comes with its manifest, and is looked at by HEAD once it is known', async () => {
    const { look } = await shop()
    const found = { digest: first.digest, version: '1.0.0' }
    expect(await look()).toEqual({ ...found, asked: ['GET manifests/production', `GET blobs/${first.configDigest}`] })
    expect(await look()).toEqual({ ...found, asked: ['HEAD manifests/production'] })
  })

  test('is seen to be another image when the tag has moved', async () => {
    const { shop: moving, look } = await shop()
    await look()
    moving.tag = second.manifest
    expect(await look()).toEqual({
      digest: second.digest,
      version: '2.0.0',
      asked: ['HEAD manifests/production', `GET manifests/${second.digest}`, `GET blobs/${second.configDigest}`],
    })
  })

  test('may be an index, which is read once', async () => {
    const { shop: moving, look } = await shop()
    const platform = { os: 'linux', architecture: 'amd64' }
    moving.tag = JSON.stringify({ mediaType: types.index, manifests: [{ digest: second.digest, platform }] })
    expect(await look()).toEqual({
      digest: digestOf(moving.tag),
      version: '2.0.0',
      asked: ['GET manifests/production', `GET manifests/${second.digest}`, `GET blobs/${second.configDigest}`],
    })
  })

  test('is nothing where there is nothing', async () => {
    const { url } = await fake((_, response) => send(response, 404, ''))
    expect(await adapter(url).manifest(api, 'production', undefined, 'labels')).toBeNull()
  })

  test('is not believed when its bytes have another digest than the registry says', async () => {
    const { url } = await fake((_, response) =>
      sendManifest(response, first.manifest, { 'docker-content-digest': second.digest }),
    )
    const asking = adapter(url).manifest(api, 'production', undefined, 'labels')
    await expect(asking).rejects.toMatchObject({ kind: 'wrong' })
  })

  test('is read in full again for its labels when it is too long to be kept', async () => {
    const padded = JSON.stringify({ ...JSON.parse(first.manifest), annotations: { long: 'x'.repeat(40_000) } })
    const { url, asked } = await fake(({ line }, response) =>
      line.includes('/blobs/') ? send(response, 200, first.config) : sendManifest(response, padded),
    )
    const registry = adapter(url)
    const named = await registry.manifest(api, 'production', undefined, 'labels')
    expect(await registry.labels(api, named?.digest ?? '')).toMatchObject({ version: '1.0.0' })
    expect(asked).toHaveLength(3)
  })
})
