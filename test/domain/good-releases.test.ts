import { describe, expect, it } from 'vitest'
import { goodReleases, standingOf } from '../../src/domain/good-releases.ts'
import type { Phase } from '../../src/domain/rollout.ts'
import { digestOf, releaseOf } from '../support/releases.ts'

/** Newest first: number, release, phase; it ended at its number times 1000. */
const rows = (...given: readonly (readonly [number, string | null, Phase])[]) =>
  given.map(([id, name, phase]) => ({ id, phase, release: name === null ? null : releaseOf(name), endedAt: id * 1000 }))

describe('releases that are good', () => {
  it.each([
    ['those that succeeded, the newest first', rows([2, 'b', 'succeeded'], [1, 'a', 'succeeded']), [2, 1]],
    ['not one whose last rollout failed', rows([3, 'b', 'failed'], [2, 'b', 'succeeded'], [1, 'a', 'succeeded']), [1]],
    ['not one that was taken back', rows([3, 'b', 'rolled-back'], [2, 'b', 'succeeded'], [1, 'a', 'succeeded']), [1]],
    ['not one whose taking back failed', rows([2, 'b', 'rollback-failed'], [1, 'a', 'succeeded']), [1]],
    ['one that failed before it succeeded', rows([2, 'a', 'succeeded'], [1, 'a', 'failed']), [2]],
    ['one whose last rollout was aborted', rows([2, 'a', 'aborted'], [1, 'a', 'succeeded']), [1]],
    ['nothing of what rolled no release', rows([2, null, 'succeeded'], [1, null, 'failed']), []],
  ])('are %s', (_, given, ids) => {
    expect(goodReleases(given).map(({ id }) => id)).toEqual(ids)
  })
})

describe('how a release stands', () => {
  it.each([
    ['never rolled out', rows([1, 'b', 'succeeded']), { kind: 'never' }],
    ['only aborted', rows([1, 'a', 'aborted']), { kind: 'never' }],
    ['failed at last', rows([2, 'a', 'failed'], [1, 'a', 'succeeded']), { kind: 'failed', id: 2 }],
    [
      'good since the first success behind its last failure',
      rows([5, 'a', 'succeeded'], [4, 'b', 'failed'], [3, 'a', 'succeeded'], [2, 'a', 'failed'], [1, 'a', 'succeeded']),
      { kind: 'good', id: 3, since: 3000 },
    ],
  ])('%s', (_, given, standing) => {
    expect(standingOf(given, digestOf('a'))).toEqual(standing)
  })
})
