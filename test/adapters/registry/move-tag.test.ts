import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import { makeImage, send, sendManifest, types, type Handler } from './fake-registry.ts'
import { closingAfterEach } from './support.ts'
import { startStopwatch } from '../../support/stopwatch.ts'

const { fake, adapter } = closingAfterEach()
const [v1, v2, v3] = [makeImage({ v: '1' }), makeImage({ v: '2' }), makeImage({ v: '3' })]
const all = [v1, v2, v3]

/** A registry with one tag, `production`; `put` says what becomes of a push. */
function shelf(put: (shelf: { tag: string }, response: Parameters<Handler>[1], body: string) => void) {
  const state = { tag: v1.digest, shown: null as string | null }
  return {
    state,
    handler: (({ line, body }, response) => {
      if (line.startsWith('PUT')) return put(state, response, body)
      const reference = line.split('/').at(-1) ?? ''
      const digest = reference === 'production' ? (state.shown ?? state.tag) : reference
      const found = all.find((one) => one.digest === digest)
      if (found === undefined) send(response, 404, '')
      else sendManifest(response, found.manifest)
    }) satisfies Handler,
  }
}

const move = { from: v1.digest, to: v2.digest }

describe('A tag that is moved', () => {
  test('is pushed with the very bytes and their kind', async () => {
    const { handler } = shelf((state, response, body) => {
      state.tag = all.find(({ manifest }) => manifest === body)?.digest ?? ''
      send(response, 201, '')
    })
    const { url, asked } = await fake(handler)
    const asking = adapter(url)
    expect(await asking.moveTag('quay.io/opsee/api', 'production', move)).toEqual({ kind: 'moved' })
    const push = asked.find(({ line }) => line.startsWith('PUT'))
    expect(push).toMatchObject({ line: 'PUT /v2/opsee/api/manifests/production', body: v2.manifest })
    expect(push?.headers['content-type']).toBe(types.manifest)
    expect(await asking.moveTag('quay.io/opsee/api', 'production', move)).toEqual({ kind: 'already' })
    expect(asked.filter(({ line }) => line.startsWith('PUT'))).toHaveLength(1)
  })

  test('is left alone when it names something else, or when there is nothing to move it to', async () => {
    const { handler } = shelf(() => expect.unreachable())
    const { url } = await fake(handler)
    const asking = adapter(url)
    const other = { from: v3.digest, to: v2.digest }
    expect(await asking.moveTag('quay.io/opsee/api', 'production', other)).toEqual({
      kind: 'elsewhere',
      now: v1.digest,
    })
    expect(await asking.moveTag('quay.io/opsee/api', 'new', { from: v1.digest, to: v2.digest })).toEqual({
      kind: 'elsewhere',
      now: null,
    })
    const nothing = { from: v1.digest, to: `sha256:${'0'.repeat(64)}` }
    expect(await asking.moveTag('quay.io/opsee/api', 'production', nothing)).toEqual({ kind: 'missing' })
  })

  test('is somebody else’s when they were faster', async () => {
    const { handler } = shelf((state, response) => {
      state.tag = v3.digest
      send(response, 201, '')
    })
    const { url } = await fake(handler)
    expect(await adapter(url).moveTag('quay.io/opsee/api', 'production', move)).toEqual({
      kind: 'elsewhere',
      now: v3.digest,
    })
  })

  test('counts as moved when it was, although the answer was lost', async () => {
    const { handler } = shelf((state, response) => {
      state.tag = v2.digest
      response.destroy()
    })
    const { url } = await fake(handler)
    expect(await adapter(url).moveTag('quay.io/opsee/api', 'production', move)).toEqual({ kind: 'moved' })
  })

  test('is not pushed again without a look when the registry is away', async () => {
    const { handler } = shelf((_, response) => send(response, 503, ''))
    const { url, asked } = await fake(handler)
    await expect(adapter(url).moveTag('quay.io/opsee/api', 'production', move)).rejects.toMatchObject({
      kind: 'away',
      message: 'quay.io cannot move quay.io/opsee/api:production now (HTTP 503)',
    })
    expect(asked.filter(({ line }) => line.startsWith('PUT'))).toHaveLength(1)
  })

  test('may show for a moment what was there before', async () => {
    const { state, handler } = shelf((state, response) => {
      state.tag = v2.digest
      send(response, 201, '')
    })
    state.shown = v1.digest
    const { url } = await fake((asked, response, nth) => {
      // Two looks after the push it shows the truth.
      if (nth > 4) state.shown = null
      handler(asked, response)
    })
    expect(await adapter(url).moveTag('quay.io/opsee/api', 'production', move)).toEqual({ kind: 'moved' })
  })

  test.each([
    [
      401,
      {},
      'it needs a user who may push; name one in registry.hosts.quay.io.username, or let the units read a key (release: key)',
    ],
    [
      403,
      {},
      'it needs a user who may push; name one in registry.hosts.quay.io.username, or let the units read a key (release: key)',
    ],
    [
      400,
      { errors: [{ code: 'TAG_INVALID', message: 'cannot be overwritten because the repository is immutable' }] },
      'its tags are immutable there; allow this one to move',
    ],
  ])('is refused with HTTP %i in words that help', async (status, body, words) => {
    const { handler } = shelf((_, response) => send(response, status, body))
    const { url } = await fake(handler)
    await expect(adapter(url).moveTag('quay.io/opsee/api', 'production', move)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(words),
    })
  })

  test('wants a token of its own, for pull and push', async () => {
    const { handler } = shelf((state, response) => {
      state.tag = v2.digest
      send(response, 201, '')
    })
    const { url, asked } = await fake((one, response, nth) => {
      const { line, authorization = '' } = one
      const scope = new URL(line.split(' ')[1] ?? '', 'http://x').searchParams.get('scope')
      if (scope !== null) return send(response, 200, { token: scope.includes('push') ? 'push' : 'pull' })
      const right = line.startsWith('PUT') ? 'push' : 'pull'
      if (authorization === `Bearer ${right}`) return handler(one, response)
      const bearer = `Bearer realm="http://${one.headers.host}/token",scope="repository:opsee/api:pull"`
      send(response, 401, {}, { 'www-authenticate': bearer })
      return nth
    })
    expect(await adapter(url).moveTag('quay.io/opsee/api', 'production', move)).toEqual({ kind: 'moved' })
    expect(asked.some(({ line }) => line.includes('scope=repository%3Aopsee%2Fapi%3Apull%2Cpush'))).toBe(true)
  })

  test('takes no longer than it may', async () => {
    const { handler } = shelf(() => undefined)
    const { url } = await fake(handler)
    const asking = adapter(url, { moveTimeoutMs: 1000 })
    const elapsed = startStopwatch()
    await expect(asking.moveTag('quay.io/opsee/api', 'production', move)).rejects.toMatchObject({ kind: 'away' })
    expect(elapsed()).toBeLessThan(10_000)
    expect(asking.moveTimeoutMs).toBe(1000)
  })

  test('is not pushed any more by a process that was stopped in the middle, for longer than its time', async () => {
    const { handler } = shelf((_, response) => send(response, 201, ''))
    let stoppedMs = 0
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + stoppedMs }
    const { url, asked } = await fake((asking, response) => {
      if (asking.line.startsWith('GET')) stoppedMs = 60_000
      return handler(asking, response)
    })
    const moving = adapter(url, { clock }).moveTag('quay.io/opsee/api', 'production', move)
    await expect(moving).rejects.toMatchObject({ kind: 'away' })
    expect(asked.filter(({ line }) => line.startsWith('PUT'))).toEqual([])
  })
})
