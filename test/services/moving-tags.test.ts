import { beforeAll, describe, expect, it } from 'vitest'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { createJudge } from '../../src/authorization/judge.ts'
import { questionOf } from '../../src/authorization/question.ts'
import type { HistoryRow } from '../../src/domain/history.ts'
import { createWhyTagMoves, digestsOfTag } from '../../src/services/moving-tags.ts'
import { keys } from '../../src/store/keys.ts'
import { buildRecord } from '../../src/store/records.ts'
import { demand, judging, policyOf } from '../authorization/support.ts'
import { ownEtcd } from '../support/own-etcd.ts'
import { digestOf, releaseOf } from '../support/releases.ts'

/** Tags that name another image from time to time, by the configuration and by what Opsee recorded, on a real etcd. */

const etcd = ownEtcd()
let store: EtcdStore
const listed = ['latest', 'stable', 'master', 'main']

beforeAll(async () => {
  store = etcd.newStore('/tags/')
  const build = (id: number, digit: string, ...tags: string[]) => ({
    key: keys.build('api', id),
    value: buildRecord.write({
      id,
      service: 'api',
      repository: 'quay.io/opsee/api',
      tags,
      digest: digestOf(digit),
      revision: null,
      version: null,
      source: null,
      builtAt: null,
      sender: 'quay',
      delivery: null,
      at: id,
    }),
  })
  await store.commit({ require: [], puts: [build(1, '1', 'v1', 'nightly'), build(2, '2', 'v2', 'nightly')] })
})

const rowOf = (release: HistoryRow['release']): HistoryRow => ({
  id: 1,
  kind: 'deploy',
  service: 'api',
  tier: 'production',
  phase: 'succeeded',
  by: { id: 'U0ANN', name: 'ann' },
  reason: null,
  summary: '',
  release,
  instances: 1,
  replaced: 1,
  createdAt: 1,
  begunAt: null,
  endedAt: 2,
})
const history = (...releases: readonly HistoryRow['release'][]) => ({
  history: async () => ({ rows: releases.map(rowOf), older: null, unreadable: [] }),
})
const why = (rollouts = history()) => createWhyTagMoves({ listed, store, rollouts })

describe('a tag moves', () => {
  it.each(['latest', 'LATEST', 'Stable', 'master', 'MAIN'])(
    'when the configuration lists it, in any case: %s',
    async (tag) => {
      expect(await why()('api', tag)).toBe('it names whatever was pushed last')
    },
  )

  it('when builds were told under it with different digests, and not with one', async () => {
    expect(await why()('api', 'nightly')).toContain('it has named sha256:222222222222 and sha256:111111111111 by now')
    expect(await why()('api', 'v2')).toBeNull()
    expect(await why()('web', 'nightly')).toBeNull()
  })

  it('when it was rolled out with another digest than a build told under it', async () => {
    const rolled = history({ ...releaseOf('3'), tag: 'v2' })
    expect(await why(rolled)('api', 'v2')).toContain('sha256:333333333333')
    expect(digestsOfTag('v2', [], [{ release: { ...releaseOf('3'), tag: 'v2' } }, { release: null }])).toEqual([
      digestOf('3'),
    ])
  })
})

describe('nobody deploys a tag that moves, whatever the policy says', () => {
  const everybody = policyOf('@id("all") permit (principal, action, resource);')
  const judge = createJudge(judging({ policy: everybody, whyTagMoves: (...asked) => why()(...asked) }))
  const ask = (right: 'deploy' | 'promote', tag?: string) =>
    judge.judge({ id: 'UDEPLOY', name: 'dora' }, questionOf(demand(right, 'api', 'production', null, tag)))

  it('and the answer says what to type instead', async () => {
    expect(await ask('deploy', 'LATEST')).toEqual({
      kind: 'denied',
      denial: {
        message:
          'You may not deploy the tag LATEST to api production: it names whatever was pushed last, so nobody could tell later which image it was. Name a version such as v2, a commit or a digest instead.',
        policies: ['moving-tag'],
        whoCould: [],
      },
    })
    expect(await ask('deploy', 'nightly')).toMatchObject({ kind: 'denied' })
  })

  it('but a version, what is wanted anyway, and a promotion go on', async () => {
    for (const [right, tag] of [
      ['deploy', 'v2'],
      ['deploy', undefined],
      ['promote', 'latest'],
    ] as const) {
      expect((await ask(right, tag)).kind).toBe('allowed')
    }
  })
})
