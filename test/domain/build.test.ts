import { describe, expect, test } from 'vitest'
import { buildText, deploysItself, isKnownBuild, repositoryName, type Build } from '../../src/domain/build.ts'

const [a, b] = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}`)

const minute = 60_000
let ids = 0
function build(change: Partial<Build>): Build {
  const labels = { revision: null, version: null, source: null, builtAt: null }
  const rest = { service: 'api', repository: 'quay.io/opsee/api', tags: ['v2'], digest: null, delivery: null }
  return { id: (ids += 1), ...labels, ...rest, sender: 'quay', at: 0, ...change }
}
const isTierTag = (tag: string): boolean => ['staging', 'production'].includes(tag)

describe('whether a build deploys itself', () => {
  const ofTiers = new Map([
    ['staging', 'staging'],
    ['production', 'live'],
  ])
  const toStaging = (tags: readonly string[], patterns: readonly string[] | null) =>
    deploysItself({ tags: [...tags] }, { tier: 'staging', tags: patterns }, ofTiers)

  test.each<[string, boolean, readonly string[], readonly string[] | null]>([
    ['by any tag', true, ['v2'], null],
    ['without a tag, by its digest', true, [], null],
    ['without a tag, where some are named', false, [], ['*']],
    ['by the tier’s own tag', true, ['staging'], null],
    ['by the tag of another tier', false, ['live'], null],
    ['as latest alone', false, ['latest'], null],
    ['as latest alone, though that is named', false, ['latest'], ['latest', '*']],
    ['as latest, with another name', true, ['latest', 'v2'], null],
    ['built from what nobody committed', false, ['master-1-dirty'], ['master-*']],
    ['built from that, with another name', false, ['v2', 'master-1-dirty'], null],
    ['by a tag that is named', true, ['master-12'], ['release-*', 'master-*']],
    ['by one of several tags', true, ['x', 'v1.2'], ['v?.?']],
    ['by a tag that only begins so', false, ['v1.23'], ['v?.?']],
    ['by a tag in which a dot is no other sign', false, ['v1x2'], ['v1.2']],
    ['by a tag that is not named', false, ['feature-1'], ['master-*']],
  ])('%s: %s', (_, expected, tags, patterns) => {
    expect(toStaging(tags, patterns)).toBe(expected)
  })
})

describe('whether a build came before', () => {
  test.each<[string, boolean, Partial<Build>[], Partial<Build>]>([
    ['the first of all', false, [], {}],
    [
      'the same delivery',
      true,
      [{ sender: 'dockerhub', delivery: '1' }],
      { sender: 'dockerhub', delivery: '1', at: 9e9 },
    ],
    ['another delivery of another time', false, [{ delivery: '1' }], { delivery: '2' }],
    ['the delivery of that name by another sender', false, [{ sender: 'harbor', delivery: '1' }], { delivery: '1' }],
    ['the same digest under the same tags, late', true, [{ digest: a ?? '' }], { digest: a ?? '', at: 9e9 }],
    ['another digest under the same tags', false, [{ digest: a ?? '' }], { digest: b ?? '' }],
    ['the same digest under another tag', false, [{ digest: a ?? '' }], { digest: a ?? '', tags: ['v3'] }],
    ['a tag that goes back', false, [{ digest: a ?? '' }, { digest: b ?? '' }], { digest: a ?? '' }],
    [
      'the tags in another order',
      true,
      [{ digest: a ?? '', tags: ['v2', 'x'] }],
      { digest: a ?? '', tags: ['x', 'v2'] },
    ],
    ['a tier’s tag on what came before', true, [{ digest: a ?? '' }], { digest: a ?? '', tags: ['production'] }],
    ['a tier’s tag on what is new', false, [{ digest: a ?? '' }], { digest: b ?? '', tags: ['production'] }],
    ['the same words within ten minutes', true, [{}], { at: 9 * minute }],
    ['the same words after ten minutes', false, [{}], { at: 11 * minute }],
    ['the same words of another repository', false, [{ repository: 'quay.io/opsee/web' }], {}],
  ])('%s: %s', (_, known, earlier, now) => {
    const before = earlier.map(build)
    expect(isKnownBuild(build(now), before, isTierTag)).toBe(known)
  })

  test('a later one does not count', () => {
    const first = build({ digest: a ?? '' })
    expect(isKnownBuild(first, [first, build({ digest: a ?? '' })], isTierTag)).toBe(false)
  })
})

test.each([
  ['opsee/api', 'docker.io/opsee/api'],
  ['redis', 'docker.io/library/redis'],
  ['index.docker.io/opsee/api', 'docker.io/opsee/api'],
  ['docker.io/redis', 'docker.io/library/redis'],
  ['Quay.io/Opsee/API', 'quay.io/opsee/api'],
  ['localhost/api', 'localhost/api'],
  ['10.0.0.1:5000/api', '10.0.0.1:5000/api'],
  ['registry:5000/opsee/api', 'registry:5000/opsee/api'],
])('%s is %s', (written, name) => {
  expect(repositoryName(written)).toBe(name)
})

test('a build is named by what is known of it', () => {
  expect(buildText(build({ tags: ['v2', 'main'], digest: a ?? '', revision: 'f'.repeat(40) }))).toBe(
    'v2, main (revision ffffffffff, sha256:aaaaaaaaaaaa)',
  )
  expect(buildText(build({ tags: ['v2'] }))).toBe('v2')
  expect(buildText(build({ tags: [], digest: a ?? '', version: '2.0' }))).toBe('2.0 (sha256:aaaaaaaaaaaa)')
})
