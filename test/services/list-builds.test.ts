import { describe, expect, it } from 'vitest'
import type { RegistryReader } from '../../src/ports/registry.ts'
import { listBuilds } from '../../src/services/list-builds.ts'
import { digestOf } from '../support/releases.ts'

/** Tags and the digit of what each names; an image was built at its digit. Counts how many are asked at once. */
function registryOf(tags: Readonly<Record<string, string | null>>) {
  const asked = { now: 0, most: 0, manifests: 0 }
  const registry: RegistryReader = {
    tags: async () => Object.keys(tags),
    manifest: async (_, tag) => {
      asked.manifests += 1
      asked.now += 1
      asked.most = Math.max(asked.most, asked.now)
      await Promise.resolve()
      asked.now -= 1
      const digit = tags[tag] ?? null
      return digit === null ? null : { digest: digestOf(digit), mediaType: 'x', bytes: 1 }
    },
    labels: async (_, digest) => {
      const digit = Number(digest.at(-1))
      return { revision: null, version: null, source: null, builtAt: digit === 9 ? null : digit }
    },
  }
  return { registry, asked }
}

describe('the builds of an image', () => {
  it('are listed newest first, each with all its tags', async () => {
    const { registry } = registryOf({ latest: '2', v1: '1', v2: '2', odd: '9', gone: null })
    const { builds, left } = await listBuilds(registry, 'quay.io/opsee/api')
    expect(builds.map(({ release, tags }) => [release.digest.at(-1), tags])).toEqual([
      ['2', ['latest', 'v2']],
      ['1', ['v1']],
      ['9', ['odd']],
    ])
    expect(left).toBe(0)
  })

  it('are looked for among the last 300 tags, eight at once', async () => {
    const { registry, asked } = registryOf(Object.fromEntries(Array.from({ length: 320 }, (_, n) => [`t${n}`, '1'])))
    expect((await listBuilds(registry, 'quay.io/opsee/api')).left).toBe(20)
    expect(asked).toMatchObject({ manifests: 300, most: 8 })
  })
})
