import { describe, expect, test } from 'vitest'
import type { StoreReader } from '../../src/ports/store.ts'
import { createSharing, shareReads } from '../../src/services/share-reads.ts'

describe('reads that are asked for at the same time', () => {
  function stage() {
    const reads: { value: number; end(): void; fail(error: Error): void }[] = []
    let value = 0
    const share = createSharing<number>()
    const read = () =>
      share('key', () => {
        // The value of the moment at which the read began.
        const seen = value
        return new Promise<number>((resolve, reject) => {
          reads.push({ value: seen, end: () => resolve(seen), fail: reject })
        })
      })
    return { reads, read, write: (to: number) => (value = to) }
  }
  const turn = async () => {
    for (let n = 0; n < 10; n++) await Promise.resolve()
  }

  test('are two, whoever many ask', async () => {
    const { reads, read } = stage()
    const answers = Array.from({ length: 500 }, () => read())
    await turn()
    expect(reads).toHaveLength(1)
    reads[0]?.end()
    await turn()
    expect(reads).toHaveLength(2)
    reads[1]?.end()
    expect(await Promise.all(answers)).toHaveLength(500)
    await turn()
    void read()
    await turn()
    expect(reads).toHaveLength(3)
  })

  test('never give a value from before they were asked for', async () => {
    const { reads, read, write } = stage()
    void read()
    await turn()
    write(1)
    const late = read()
    reads[0]?.end()
    await turn()
    reads[1]?.end()
    expect(await late).toBe(1)
  })

  test('fail together, and the next one begins all the same', async () => {
    const { reads, read } = stage()
    const first = read()
    const second = read()
    await turn()
    reads[0]?.fail(new Error('away'))
    await expect(first).rejects.toThrow('away')
    await turn()
    reads[1]?.end()
    expect(await second).toBe(0)
  })
})

test('of a store are told apart by all that they ask for', async () => {
  const asked: string[] = []
  const store: StoreReader = {
    get: async (key) => {
      asked.push(key)
      return null
    },
    range: async (prefix, options) => {
      asked.push(`${prefix} ${JSON.stringify(options)}`)
      return { entries: [], revision: '1', more: false }
    },
    watch: async function* () {},
  }
  const shared = shareReads(store)
  await Promise.all([
    shared.range('a/'),
    shared.range('a/', { limit: 1 }),
    shared.range('a/', { after: 'a/1' }),
    shared.range('a/', { reverse: true }),
    shared.range('a/', { keysOnly: true }),
    shared.range('b/'),
    shared.get('a/'),
  ])
  expect(asked).toHaveLength(7)
})
