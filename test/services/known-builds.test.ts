import { describe, expect, it } from 'vitest'
import type { Build } from '../../src/domain/build.ts'
import { knownBuilds } from '../../src/services/known-builds.ts'
import { digestOf, releaseOf } from '../support/releases.ts'

const told = (id: number, over: Partial<Build> = {}): Build => ({
  id,
  service: 'api',
  repository: 'quay.io/opsee/api',
  tags: [`v${id}`],
  digest: digestOf(`${id}`),
  revision: `${id}`.repeat(40),
  version: null,
  source: null,
  builtAt: null,
  sender: 'generic',
  delivery: null,
  at: id * 1000,
  ...over,
})
const listed = (digit: string, builtAt: number | null, ...tags: readonly string[]) => ({
  release: { ...releaseOf(digit), builtAt, revision: null },
  tags,
})
const brief = (builds: ReturnType<typeof knownBuilds>) =>
  builds.map(({ digest, tags, untagged }) => [digest?.at(-1) ?? null, tags.join(), untagged])

describe('the builds that are known', () => {
  it('are those of hooks alone where there is no registry, each once, newest first', () => {
    const builds = knownBuilds(null, [
      told(3, { digest: null }),
      told(2, { tags: ['production'], at: 9000 }),
      told(2),
      told(1, { builtAt: 5000 }),
    ])
    expect(brief(builds)).toEqual([
      ['1', 'v1', false],
      [null, 'v3', false],
      ['2', 'production,v2', false],
    ])
    // The first word of it counts, not the last.
    expect(builds[2]).toMatchObject({ toldAt: 2000, builtAt: null, revision: '2'.repeat(40) })
  })

  it('are those of the registry, with what hooks know more, and those that no tag names any more', () => {
    const builds = knownBuilds(
      [listed('2', 8000, 'v2', 'latest'), listed('1', 1000, 'v1')],
      [told(2), told(4, { tags: ['latest'] }), told(5, { digest: null, tags: ['latest'] })],
    )
    expect(brief(builds)).toEqual([
      ['2', 'v2,latest', false],
      ['4', '', true],
      ['1', 'v1', false],
    ])
    expect(builds[0]).toMatchObject({ builtAt: 8000, toldAt: 2000, revision: '2'.repeat(40) })
    expect(builds[2]).toMatchObject({ toldAt: null, revision: null })
  })
})
