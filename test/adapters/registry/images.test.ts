import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { digestOf, makeImage, send, sendManifest, types } from './fake-registry.ts'
import { closingAfterEach } from './support.ts'

const { fake, adapter } = closingAfterEach()
const image = makeImage({
  'org.opencontainers.image.revision': ' 1f6c0be ',
  'org.opencontainers.image.version': '2.6.1',
  'org.opencontainers.image.created': '2026-11-24T10:00:00Z',
  'org.opencontainers.image.source': '',
})
const other = makeImage({ other: 'yes' })
const said = { revision: '1f6c0be', version: '2.6.1', source: null, builtAt: Date.UTC(2026, 10, 24, 10) }

describe('What a reference names', () => {
  test('is taken from HEAD, with all four kinds of manifest in one Accept', async () => {
    const { url, asked } = await fake((_, response) => sendManifest(response, image.manifest))
    expect(await adapter(url).manifest('quay.io/opsee/api', 'v1')).toEqual({
      digest: image.digest,
      mediaType: types.manifest,
      bytes: image.manifest.length,
    })
    expect(asked.map(({ line }) => line)).toEqual(['HEAD /v2/opsee/api/manifests/v1'])
    expect(asked[0]?.headers.accept?.split(', ')).toHaveLength(4)
  })

  test('is asked for over the connections that stand, time and again', async () => {
    const { url, asked, connections } = await fake((_, response) => sendManifest(response, image.manifest))
    const asking = adapter(url)
    for (let look = 0; look < 40; look += 1) await asking.manifest('quay.io/opsee/api', 'v1')
    expect(asked).toHaveLength(40)
    expect(connections()).toBeLessThanOrEqual(16)
  })

  test('is found out all the same where a HEAD comes with a body', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', () => {
        const head = `content-type: ${types.manifest}\r\ndocker-content-digest: ${image.digest}`
        socket.write(`HTTP/1.1 200 OK\r\n${head}\r\ncontent-length: ${image.manifest.length}\r\n\r\n${image.manifest}`)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const asking = adapter(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`)
    try {
      for (const tag of ['v1', 'v2', 'v3', 'v4', 'v5']) {
        expect(await asking.manifest('quay.io/opsee/api', tag)).toMatchObject({ digest: image.digest })
      }
    } finally {
      await asking.close()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  test.each<[string, Record<string, string>]>([
    ['says no digest', {}],
    ['says a digest that is none', { 'docker-content-digest': 'sha256:abc' }],
    ['says no kind', { 'docker-content-digest': image.digest, 'content-type': 'application/json' }],
  ])('is computed from GET where HEAD %s', async (_what, headers) => {
    const { url, asked } = await fake((_, response) => sendManifest(response, image.manifest, headers))
    expect(await adapter(url).manifest('quay.io/opsee/api', 'v1')).toEqual({
      digest: image.digest,
      mediaType: types.manifest,
      bytes: image.manifest.length,
    })
    expect(asked.map(({ line }) => line.split(' ')[0])).toEqual(['HEAD', 'GET'])
  })

  test.each([405, 403, 400, 501])('is asked by GET where HEAD is refused with %i', async (status) => {
    const { url } = await fake(({ line }, response) =>
      line.startsWith('HEAD') ? send(response, status, '') : sendManifest(response, image.manifest),
    )
    expect(await adapter(url).manifest('quay.io/opsee/api', 'v1')).toMatchObject({ digest: image.digest })
  })

  test('is computed of what came, although it came compressed', async () => {
    const { url } = await fake(({ line }, response) => {
      response.writeHead(200, { 'content-type': types.manifest, 'content-encoding': 'gzip' })
      response.end(line.startsWith('HEAD') ? undefined : gzipSync(image.manifest))
    })
    expect(await adapter(url).manifest('quay.io/opsee/api', 'v1')).toMatchObject({ digest: image.digest })
  })

  test('is nothing where there is nothing', async () => {
    const { url } = await fake((_, response) => send(response, 404, ''))
    expect(await adapter(url).manifest('quay.io/opsee/api', 'v1')).toBeNull()
    expect(await adapter(url).tags('quay.io/opsee/api')).toEqual([])
  })

  test.each<[string, string, Record<string, string>]>([
    ['the HEAD of a digest', 'HEAD', { 'docker-content-digest': other.digest }],
    ['the bytes of a digest', 'GET', { 'docker-content-digest': 'none' }],
  ])('is not believed when it has another digest: %s', async (_what, _method, headers) => {
    const { url } = await fake((_, response) => sendManifest(response, other.manifest, headers))
    await expect(adapter(url).manifest('quay.io/opsee/api', image.digest)).rejects.toMatchObject({
      kind: 'wrong',
      message: `quay.io shows quay.io/opsee/api with the digest ${other.digest}, which should be ${image.digest}: nothing of it is believed`,
    })
  })

  test('is not believed when the registry says another digest than the bytes have', async () => {
    const { url } = await fake(({ line }, response) =>
      line.startsWith('HEAD')
        ? send(response, 405, '')
        : sendManifest(response, image.manifest, { 'docker-content-digest': other.digest }),
    )
    await expect(adapter(url).manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject({ kind: 'wrong' })
  })

  test.each([
    ['a page', '<html>', 'text/html', 'no image'],
    [
      'the old format',
      '{"schemaVersion":1}',
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      'no current docker',
    ],
  ])('is not %s', async (_what, body, type, words) => {
    const { url } = await fake((_, response) => sendManifest(response, body, { 'content-type': type }))
    await expect(adapter(url).manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject({
      kind: 'wrong',
      message: expect.stringContaining(words),
    })
  })

  test.each([
    ['quay.io/opsee/api', 'a/../b'],
    ['quay.io/opsee/api', 'sha256:short'],
    ['quay.io/../api', 'v1'],
    ['api', 'v1'],
  ])('is not asked for what is no reference: %s %s', async (repository, reference) => {
    const { url, asked } = await fake((_, response) => send(response, 500, ''))
    await expect(adapter(url).manifest(repository, reference)).rejects.toMatchObject({ kind: 'wrong' })
    expect(asked).toEqual([])
  })
})

describe('The labels of an image', () => {
  const index = (manifests: readonly object[]) =>
    JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests })
  const entry = (digest: string, os: string, architecture: string) => ({
    digest,
    mediaType: types.manifest,
    size: 1,
    platform: { os, architecture },
  })
  const content: Record<string, string> = {
    [image.digest]: image.manifest,
    [image.configDigest]: image.config,
    [other.digest]: other.manifest,
    [other.configDigest]: other.config,
  }
  const serve = (line: string): string | undefined => content[line.split('/').at(-1) ?? '']
  const keep = (text: string): string => {
    content[digestOf(text)] = text
    return digestOf(text)
  }
  const registry = () =>
    fake(({ line }, response) => {
      const body = serve(line)
      if (body === undefined) send(response, 404, '')
      else if (line.includes('/blobs/')) send(response, 200, body, { 'content-type': 'application/octet-stream' })
      else sendManifest(response, body, { 'content-type': body.includes('manifests') ? types.index : types.manifest })
    })

  test('are those of its configuration, and asked for once', async () => {
    const { url, asked } = await registry()
    const asking = adapter(url)
    expect(await asking.labels('quay.io/opsee/api', image.digest)).toEqual(said)
    expect(await asking.labels('quay.io/opsee/api', image.digest)).toEqual(said)
    expect(asked).toHaveLength(2)
  })

  test('are asked for once by all who ask at once, and again after a failure', async () => {
    let away = true
    const { url, asked } = await fake(({ line }, response) => {
      if (line.includes('/blobs/')) send(response, 200, image.config)
      else if (away) send(response, 403, '')
      else sendManifest(response, image.manifest)
    })
    const asking = adapter(url)
    const all = () => Promise.allSettled([1, 2, 3].map(() => asking.labels('quay.io/opsee/api', image.digest)))
    expect((await all()).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(asked).toHaveLength(1)
    away = false
    expect(await all()).toEqual([1, 2, 3].map(() => ({ status: 'fulfilled', value: said })))
    expect(asked).toHaveLength(3)
  })

  test('of an index are those for linux/amd64, or of its first image, never of an attestation', async () => {
    const { url } = await registry()
    const usual = keep(index([entry(other.digest, 'linux', 'arm64'), entry(image.digest, 'linux', 'amd64')]))
    const first = keep(index([entry(other.digest, 'unknown', 'unknown'), entry(image.digest, 'linux', 'arm64')]))
    const nested = keep(index([entry(usual, 'linux', 'amd64')]))
    for (const digest of [usual, first, nested]) {
      expect(await adapter(url).labels('quay.io/opsee/api', digest)).toEqual(said)
    }
    await expect(adapter(url).labels('quay.io/opsee/api', keep(index([])))).rejects.toMatchObject({
      message: expect.stringContaining('an index without an image'),
    })
  })

  test.each<[string, (digest: string) => object]>([
    ['an SBOM for linux without an architecture', (digest) => entry(digest, 'linux', '')],
    [
      'an SBOM of another type',
      (digest) => ({ ...entry(digest, 'linux', 'amd64'), mediaType: 'application/spdx+json' }),
    ],
    ['an artifact', (digest) => ({ ...entry(digest, 'linux', 'amd64'), artifactType: 'application/spdx+json' })],
    [
      'an attestation by its mark',
      (digest) => ({
        ...entry(digest, 'linux', 'amd64'),
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      }),
    ],
    ['an unknown architecture', (digest) => entry(digest, 'linux', 'unknown')],
    ['a digest of another kind', () => entry(`sha512:${'a'.repeat(128)}`, 'linux', 'amd64')],
    ['an entry that is none', () => ({ nothing: true })],
  ])('of an index skip %s', async (_what, odd) => {
    const { url } = await registry()
    const digest = keep(index([odd(other.digest), entry(image.digest, 'linux', 'arm64')]))
    expect(await adapter(url).labels('quay.io/opsee/api', digest)).toEqual(said)
  })

  test('of an index skip an SBOM that only its own manifest tells from an image', async () => {
    const { url } = await registry()
    const sbom = keep(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: types.manifest,
        config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: other.configDigest },
      }),
    )
    const digest = keep(
      index([
        { digest: sbom, platform: {} },
        { digest: image.digest, platform: {} },
      ]),
    )
    expect(await adapter(url).labels('quay.io/opsee/api', digest)).toEqual(said)
  })

  test('of an index whose entries name no platform are those of the first image', async () => {
    const { url } = await registry()
    for (const platform of [{}, null, undefined]) {
      const digest = keep(
        index([
          { digest: image.digest, platform },
          { digest: other.digest, platform },
        ]),
      )
      expect(await adapter(url).labels('quay.io/opsee/api', digest)).toEqual(said)
    }
  })

  test('are read beside one of another type', async () => {
    const { url } = await registry()
    const labels = { 'org.opencontainers.image.revision': '1f6c0be', 'org.opencontainers.image.version': 7, odd: null }
    const config = keep(JSON.stringify({ config: { Labels: labels } }))
    const digest = keep(JSON.stringify({ schemaVersion: 2, mediaType: types.manifest, config: { digest: config } }))
    expect(await adapter(url).labels('quay.io/opsee/api', digest)).toMatchObject({ revision: '1f6c0be', version: null })
  })

  test.each(['application/json', 'text/plain; charset=utf-8', 'application/octet-stream'])(
    'are found by the shape of manifests without a media type, served as %s',
    async (type) => {
      const plain = (text: string): string =>
        keep(text.replace(/"mediaType":"application\/vnd.oci.image.(?:index|manifest)[^"]*",/, ''))
      const manifest = plain(image.manifest)
      const list = plain(index([{ digest: manifest, platform: { os: 'linux', architecture: 'amd64' } }]))
      const { url } = await fake(({ line }, response) => {
        const body = serve(line)
        if (body === undefined) send(response, 404, '')
        else if (line.includes('/blobs/')) send(response, 200, body)
        else sendManifest(response, body, { 'content-type': type })
      })
      const asking = adapter(url)
      expect(await asking.labels('quay.io/opsee/api', list)).toEqual(said)
      expect(await asking.manifest('quay.io/opsee/api', list)).toMatchObject({ digest: list, mediaType: types.index })
      expect(await asking.manifest('quay.io/opsee/api', manifest)).toMatchObject({ mediaType: types.manifest })
    },
  )

  test('are null where there are none, as of an artifact that is no image', async () => {
    const { url } = await registry()
    const empty = keep('{}')
    const artifact = keep(JSON.stringify({ schemaVersion: 2, config: { digest: empty } }))
    expect(await adapter(url).labels('quay.io/opsee/api', artifact)).toEqual({
      revision: null,
      version: null,
      source: null,
      builtAt: null,
    })
  })

  test('fail when the configuration has another digest, and are not kept', async () => {
    let broken = true
    const { url } = await fake(({ line }, response) => {
      if (line.includes('/manifests/')) sendManifest(response, image.manifest)
      else send(response, 200, broken ? other.config : image.config)
    })
    const asking = adapter(url)
    await expect(asking.labels('quay.io/opsee/api', image.digest)).rejects.toMatchObject({
      kind: 'wrong',
      message: expect.stringMatching(/nothing of it is believed$/),
    })
    broken = false
    expect(await asking.labels('quay.io/opsee/api', image.digest)).toEqual(said)
  })

  test('are fetched where the registry redirects to, without its credentials', async () => {
    const store = await fake((_, response) => send(response, 200, image.config))
    const token = 'Bearer good'
    const { url } = await fake(({ line, authorization }, response) => {
      if (line.includes('/token')) send(response, 200, { token: 'good' })
      else if (authorization !== token) {
        send(response, 401, {}, { 'www-authenticate': `Bearer realm="http://${response.req.headers.host}/token"` })
      } else if (line.includes('/manifests/')) sendManifest(response, image.manifest)
      else send(response, 307, '', { location: `${store.url}/bucket/blob?X-Amz-Signature=abc` })
    })
    expect(await adapter(url).labels('quay.io/opsee/api', image.digest)).toEqual(said)
    expect(store.asked.map(({ line, authorization }) => [line, authorization])).toEqual([
      ['GET /bucket/blob?X-Amz-Signature=abc', undefined],
    ])
  })

  test.each([
    ['in a circle', '/v2/opsee/api/blobs/x', 'redirects more than 5 times'],
    ['to no address', 'file:///etc/passwd', 'redirects to no address'],
  ])('are given up where it redirects %s', async (_what, location, words) => {
    const { url } = await fake(({ line }, response) => {
      if (line.includes('/manifests/')) sendManifest(response, image.manifest)
      else send(response, 302, '', { location })
    })
    await expect(adapter(url).labels('quay.io/opsee/api', image.digest)).rejects.toMatchObject({
      kind: 'wrong',
      message: expect.stringContaining(words),
    })
  })

  test('are given up when the configuration has no end', async () => {
    const { url } = await fake(({ line }, response) => {
      if (line.includes('/manifests/')) sendManifest(response, image.manifest)
      else {
        const more = (): void => {
          if (!response.destroyed) response.write(Buffer.alloc(256 * 1024), more)
        }
        response.on('error', () => undefined)
        more()
      }
    })
    await expect(adapter(url).labels('quay.io/opsee/api', image.digest)).rejects.toMatchObject({
      kind: 'wrong',
      message: expect.stringContaining('sends more than 4096 KB'),
    })
  })
})
