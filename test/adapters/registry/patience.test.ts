import { describe, expect, test } from 'vitest'
import { makeImage, send, sendManifest } from './fake-registry.ts'
import { closingAfterEach } from './support.ts'
import { startStopwatch } from '../../support/stopwatch.ts'

const { fake, adapter } = closingAfterEach()
const image = makeImage()

describe('A registry that is away', () => {
  test.each([500, 502, 503, 504, 408])('is asked again after HTTP %i', async (status) => {
    const { url, asked } = await fake((_, response, nth) =>
      nth < 3 ? send(response, status, '') : sendManifest(response, image.manifest),
    )
    expect(await adapter(url).manifest('quay.io/opsee/api', 'v1')).toMatchObject({ digest: image.digest })
    expect(asked).toHaveLength(3)
  })

  test('is asked again after it closed the connection in the middle', async () => {
    const { url, asked } = await fake((_, response, nth) =>
      nth === 1 ? response.destroy() : sendManifest(response, image.manifest),
    )
    expect(await adapter(url).manifest('quay.io/opsee/api', 'v1')).toMatchObject({ digest: image.digest })
    expect(asked).toHaveLength(2)
  })

  test('is told as away once it was asked four times', async () => {
    const { url, asked } = await fake((_, response) => send(response, 503, ''))
    await expect(adapter(url).manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject({
      kind: 'away',
      message: 'quay.io cannot show quay.io/opsee/api:v1 now (HTTP 503)',
    })
    expect(asked).toHaveLength(4)
  })

  test('gets the time that it asks for with 429, in seconds', async () => {
    let first = 0
    const { url } = await fake((_, response, nth) => {
      if (nth === 1) {
        first = performance.now()
        send(response, 429, '', { 'retry-after': '1' })
      } else sendManifest(response, image.manifest)
    })
    expect(await adapter(url).manifest('quay.io/opsee/api', 'v1')).not.toBeNull()
    expect(performance.now() - first).toBeGreaterThan(950)
  })

  test('is told at once when it asks for more time than there is, also by a date', async () => {
    const { url, asked } = await fake((_, response, nth) => {
      const date = new Date(Date.now() + 3_600_000).toUTCString()
      send(response, 429, '', { 'retry-after': nth === 1 ? '3600' : date })
    })
    const asking = adapter(url)
    const fault = {
      kind: 'away',
      message: expect.stringMatching(
        /^quay\.io answers no more questions for now \(HTTP 429: too many requests\), and wants to be left alone for 3[56]\d\d s$/,
      ),
    }
    await expect(asking.manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject(fault)
    await expect(asking.manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject(fault)
    expect(asked).toHaveLength(2)
  })

  test.each([
    ['answers nothing', false],
    ['answers half', true],
  ])('does not hold anybody up when it %s', async (_what, half) => {
    const { url } = await fake(({ line }, response) => {
      if (!half) return
      if (line.startsWith('HEAD')) send(response, 405, '')
      else response.writeHead(200, { 'content-length': '1000' }).write('{')
    })
    const elapsed = startStopwatch()
    await expect(adapter(url, { timeoutMs: 700 }).manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject({
      kind: 'away',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ (did not answer within 0\.\d s|had no time left to answer)$/),
    })
    expect(elapsed()).toBeLessThan(10_000)
  })

  test('is not asked any more once nobody waits', async () => {
    const { url, asked } = await fake(() => undefined)
    const giveUp = new AbortController()
    const answer = adapter(url).manifest('quay.io/opsee/api', 'v1', giveUp.signal)
    setTimeout(() => giveUp.abort(), 200)
    await expect(answer).rejects.toMatchObject({ kind: 'away', message: expect.stringContaining('given up') })
    expect(asked).toHaveLength(1)
  })

  test('is told by what its connection says', async () => {
    const { url, close } = await fake(() => undefined)
    await close()
    await expect(adapter(url).manifest('quay.io/opsee/api', 'v1')).rejects.toMatchObject({
      kind: 'away',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ cannot be reached: connection refused$/),
    })
  })
})
