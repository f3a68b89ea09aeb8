import { describe, expect, test } from 'vitest'
import { parseDockerHub } from '../../../src/adapters/hooks/docker-hub.ts'
import { parseGeneric } from '../../../src/adapters/hooks/generic.ts'
import { parseHarbor } from '../../../src/adapters/hooks/harbor.ts'
import { parseQuay } from '../../../src/adapters/hooks/quay.ts'
import { digest, dockerHub, harbor, quay } from './payloads.ts'

const rest = { digest: null, revision: null, delivery: null }

describe('Quay', () => {
  test.each([
    ['a list', ['v2', 'latest']],
    [
      'a map of tags to image ids',
      { v2: 'b750fe79269d2ec9a3c593ef05b4332b', latest: 'b750fe79269d2ec9a3c593ef05b4332b' },
    ],
  ])('names its tags as %s', (_, tags) => {
    expect(parseQuay(quay(tags))).toEqual({
      kind: 'builds',
      builds: [{ ...rest, sender: 'quay', repository: 'quay.io/opsee/api', tags: ['v2', 'latest'] }],
    })
  })

  test('tells of other things than pushes, and of pushes of nothing', () => {
    const { updated_tags: _, ...other } = quay([])
    expect(parseQuay({ ...other, build_id: 'x', docker_tags: ['latest'] })).toMatchObject({ kind: 'nothing' })
    expect(parseQuay(quay([]))).toMatchObject({ kind: 'nothing' })
  })

  test.each([
    [quay('v2')],
    [quay([1])],
    [quay(['--force'])],
    [quay(['v2 production'])],
    [quay({ 'v2;': 'x' })],
    [quay(null)],
    [{ ...quay(['v2']), docker_url: 7 }],
    [quay(Array.from({ length: 51 }, (_, n) => `v${n}`))],
    [[]],
    [null],
    ['v2'],
  ])('is refused with %j', (payload) => {
    expect(parseQuay(payload)).toMatchObject({ kind: 'wrong', why: expect.stringMatching(/./) })
  })
})

describe('Docker Hub', () => {
  test('names one tag, and when it was pushed', () => {
    expect(parseDockerHub(dockerHub('v2'))).toEqual({
      kind: 'builds',
      builds: [
        {
          ...rest,
          sender: 'dockerhub',
          repository: 'docker.io/opsee/api',
          tags: ['v2'],
          delivery: 'v2@1417566161',
        },
      ],
    })
  })

  test.each([
    [dockerHub(undefined)],
    [dockerHub('a b')],
    [dockerHub('v2', 'today')],
    [{ push_data: { tag: 'v2' } }],
    [7],
  ])('is refused with %j', (payload) => {
    expect(parseDockerHub(payload)).toMatchObject({ kind: 'wrong' })
  })
})

describe('Harbor', () => {
  const build = { sender: 'harbor', repository: 'harbor.example.com/opsee/api', digest, revision: null }

  test('names digest and tags, also of a registry at a port', () => {
    const delivery = `1680501893@${digest}`
    expect(parseHarbor(harbor(['v2', 'latest']))).toEqual({
      kind: 'builds',
      builds: [{ ...build, tags: ['v2', 'latest'], delivery }],
    })
    expect(parseHarbor(harbor(['v2'], 'PUSH_ARTIFACT', '10.0.0.1:8443'))).toMatchObject({
      builds: [{ repository: '10.0.0.1:8443/opsee/api', tags: ['v2'] }],
    })
  })

  test('has the digest in the place of a tag that there is not', () => {
    expect(parseHarbor(harbor([digest]))).toMatchObject({ kind: 'builds', builds: [{ ...build, tags: [] }] })
  })

  test('tells of other things than pushes', () => {
    expect(parseHarbor(harbor(['v2'], 'PULL_ARTIFACT'))).toMatchObject({ kind: 'nothing' })
    expect(parseHarbor({ type: 'QUOTA_EXCEED' })).toMatchObject({ kind: 'nothing' })
  })

  test.each([
    [harbor([])],
    [harbor(['a b'])],
    [{ type: 'PUSH_ARTIFACT' }],
    [{ ...harbor(['v2']), occur_at: 'now' }],
    [{}],
  ])('is refused with %j', (payload) => {
    expect(parseHarbor(payload)).toMatchObject({ kind: 'wrong' })
  })
})

describe('a build server', () => {
  test('names what it knows', () => {
    const told = { repository: 'quay.io/opsee/api', tags: ['v2'], digest, revision: 'abc123' }
    expect(parseGeneric({ ...told, id: 'build-7' })).toEqual({
      kind: 'builds',
      builds: [{ ...told, sender: 'generic', delivery: 'build-7' }],
    })
    expect(parseGeneric({ repository: 'localhost:5000/api', digest })).toMatchObject({ builds: [{ tags: [], digest }] })
  })

  test.each([
    [{ repository: 'quay.io/opsee/api' }],
    [{ repository: 'api', tags: ['v2'] }],
    [{ repository: 'quay.io/opsee/api:v2', tags: ['v2'] }],
    [{ repository: 'quay.io/opsee/api', digest: 'sha256:12' }],
    [{ repository: 'quay.io/opsee/api', tags: 'v2' }],
    [{ repository: 'quay.io/opsee/api', tags: ['v2'], tag: 'v2' }],
  ])('is refused with %j', (payload) => {
    expect(parseGeneric(payload)).toMatchObject({ kind: 'wrong' })
  })
})
