import { describe, expect, test } from 'vitest'
import { send } from './fake-registry.ts'
import { closingAfterEach } from './support.ts'

const { fake, adapter } = closingAfterEach()
const page = (...tags: readonly string[]) => ({ name: 'opsee/api', tags })
const numberOf = (line: string): number =>
  Number(new URL(line.split(' ')[1] ?? '', 'http://x').searchParams.get('page') ?? 1)

describe('The tags of a repository', () => {
  test.each([
    ['relative', (at: number) => `</v2/opsee/api/tags/list?page=${at}&n=2>; rel="next"`],
    ['absolute', (at: number) => `<https://elsewhere.example/v2/opsee/api/tags/list?page=${at}>; rel="next"`],
    ['without brackets, as of Quay', (at: number) => `/v2/opsee/api/tags/list?page=${at}; rel="next"`],
    [
      'among others',
      (at: number) => `<http://x/first?page=1>; rel="first", <http://x/y?page=${at}>; title="a"; rel=next`,
    ],
  ])('come over all pages, with links that are %s, and from the registry alone', async (_what, link) => {
    const { url, asked } = await fake(({ line }, response) => {
      const at = numberOf(line)
      send(response, 200, page(`v${at}`, 'latest'), at < 3 ? { link: link(at + 1) } : {})
    })
    expect(await adapter(url).tags('quay.io/opsee/api')).toEqual(['v1', 'latest', 'v2', 'v3'])
    expect(asked.map(({ line }) => line.split('?')[0])).toEqual(Array(3).fill('GET /v2/opsee/api/tags/list'))
  })

  test('are none where the registry says null, as for a repository whose tags were deleted', async () => {
    const { url } = await fake((_, response) => send(response, 200, { name: 'opsee/api', tags: null }))
    expect(await adapter(url).tags('quay.io/opsee/api')).toEqual([])
  })

  test('are asked for without a number where the registry takes none so large', async () => {
    const { url } = await fake(({ line }, response) =>
      line.includes('?')
        ? send(response, 400, { errors: [{ code: 'PAGINATION_NUMBER_INVALID' }] })
        : send(response, 200, page('v1')),
    )
    expect(await adapter(url).tags('quay.io/opsee/api')).toEqual(['v1'])
  })

  test('are asked for once where the registry takes the question and never answers, and it is told which one that is', async () => {
    const { url, asked } = await fake(() => undefined)
    await expect(adapter(url, { timeoutMs: 700 }).tags('quay.io/opsee/api')).rejects.toMatchObject({
      kind: 'away',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ did not answer within 0\.7 s$/),
    })
    expect(asked.length).toBeLessThan(2)
  })

  test('are asked for again where a later page does not come', async () => {
    const { url, asked } = await fake(({ line }, response, nth) => {
      if (nth === 2) return
      const at = numberOf(line)
      send(response, 200, page(`v${at}`), at < 2 ? { link: `</v2/x?page=${at + 1}>; rel="next"` } : {})
    })
    expect(await adapter(url, { timeoutMs: 3000 }).tags('quay.io/opsee/api')).toEqual(['v1', 'v2'])
    expect(asked).toHaveLength(3)
  })

  test('are given up when their pages go round in a circle', async () => {
    const { url, asked } = await fake(({ line }, response) =>
      send(response, 200, page('v1'), { link: `</v2/x?page=${numberOf(line) === 1 ? 2 : 1}>; rel="next"` }),
    )
    await expect(adapter(url).tags('quay.io/opsee/api')).rejects.toMatchObject({
      kind: 'wrong',
      message: 'quay.io cannot list quay.io/opsee/api to its end: its pages of tags go round in a circle',
    })
    expect(asked.length).toBeLessThan(5)
  })

  test('are given up when their pages have no end', async () => {
    const { url, asked } = await fake(({ line }, response) =>
      send(response, 200, page('v1'), { link: `</v2/x?page=${numberOf(line) + 1}>; rel="next"` }),
    )
    await expect(adapter(url).tags('quay.io/opsee/api')).rejects.toMatchObject({
      message: expect.stringContaining('more than 500 pages'),
    })
    expect(asked).toHaveLength(500)
  })

  test.each([
    ['a page', '<html>'],
    ['another shape', { tags: 'v1' }],
  ])('are not taken from %s', async (_what, body) => {
    const { url } = await fake((_, response) => send(response, 200, body))
    await expect(adapter(url).tags('quay.io/opsee/api')).rejects.toMatchObject({ kind: 'wrong' })
  })
})
