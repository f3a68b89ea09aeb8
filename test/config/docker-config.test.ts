import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registryOptionsOf } from '../../src/config/adapter-options.ts'
import {
  dockerConfigOf,
  dockerSecrets,
  helperNotes,
  loginFor,
  type DockerConfig,
} from '../../src/config/docker-config.ts'
import { configSchema, type Config } from '../../src/config/schema.ts'
import { temporaryFolder } from '../support/folder.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder('docker-config')
})
afterAll(() => folder.remove())

const base64 = (text: string): string => Buffer.from(text).toString('base64')

async function read(content: unknown) {
  const file = join(folder.path, 'config.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return dockerConfigOf({ registry: { hosts: {}, timeout: 5000, dockerConfig: file } })
}

async function docker(content: unknown): Promise<DockerConfig> {
  const result = await read(content)
  if (result.kind === 'fault') throw new Error(result.message)
  return result.docker
}

const config = (registry: object, images: readonly string[] = []): Pick<Config, 'registry' | 'services' | 'engine'> =>
  configSchema.pick({ registry: true, services: true, engine: true }).parse({
    registry,
    services: Object.fromEntries(images.map((image, at) => [`s${at}`, { team: 't', unit: `s${at}@.service`, image }])),
  })

describe('A docker configuration file', () => {
  test('gives logins by host, however docker wrote them', async () => {
    const { logins } = await docker({
      auths: {
        'https://index.docker.io/v1/': { auth: base64('hub:a:b') },
        'quay.io': { username: 'opsee+bot', password: 'secret-1' },
        'https://GHCR.io/v2/': { auth: base64('me:secret-2\0\0') },
        'x.azurecr.io': { auth: base64('00000000-0000-0000-0000-000000000000:'), identitytoken: 'secret-3' },
        'helped.example': {},
        'broken.example': { auth: base64('nothing') },
      },
      HttpHeaders: { 'User-Agent': 'Docker-Client' },
    })
    expect(Object.fromEntries(logins)).toEqual({
      'docker.io': { kind: 'basic', username: 'hub', password: 'a:b' },
      'quay.io': { kind: 'basic', username: 'opsee+bot', password: 'secret-1' },
      'ghcr.io': { kind: 'basic', username: 'me', password: 'secret-2' },
      'x.azurecr.io': { kind: 'identity', token: 'secret-3' },
    })
  })

  test.each([
    ['the longest path that holds the repository', 'quay.io', 'opsee/api/web', 'api'],
    ['that path itself', 'quay.io', 'opsee/api', 'api'],
    ['a shorter path', 'quay.io', 'opsee/vape', 'opsee'],
    ['never of a path that only begins alike', 'quay.io', 'opsee-old/api', 'quay'],
    ['the host for all other paths', 'quay.io', 'third/api', 'quay'],
    ['never of another path where the host has none', 'ghcr.io', 'other/api', undefined],
    ['the host of an address', 'old.example', 'a/b', 'address'],
    ['the host rather than its address', 'both.example', 'a/b', 'host'],
    ['the Hub by its old address', 'docker.io', 'library/redis', 'hub'],
    ['a path on the Hub', 'docker.io', 'opsee/api', 'hub-opsee'],
    ['a host with a port', 'localhost:5000', 'team/api', 'team'],
    ['never of another port', 'localhost:5001', 'team/api', undefined],
  ])('gives a repository the login of %s', async (_what, host, repository, username) => {
    const auth = (name: string) => ({ auth: base64(`${name}:secret`) })
    const read = await docker({
      auths: {
        'quay.io/opsee': auth('opsee'),
        'quay.io/opsee/api': auth('api'),
        'quay.io/other': auth('other'),
        'quay.io': auth('quay'),
        'ghcr.io/opsee': auth('ghcr'),
        'https://old.example/v1/': auth('address'),
        'both.example': auth('host'),
        'https://both.example/v2/': auth('address'),
        'https://index.docker.io/v1/': auth('hub'),
        'docker.io/opsee': auth('hub-opsee'),
        'localhost:5000/team': auth('team'),
      },
    })
    const login = loginFor(read, host, repository)
    expect(login?.kind === 'basic' ? login.username : undefined).toBe(username)
  })

  test('has its secrets known for masking, also as they stand in it', async () => {
    const auth = base64('me:secret-2')
    const read = await docker({ auths: { 'quay.io': { auth }, b: { identitytoken: 'secret-3' } } })
    expect(dockerSecrets(read)).toEqual(['secret-2', auth, 'secret-3'])
  })

  test('says which hosts are asked as nobody, as helpers are not run', async () => {
    const read = await docker({
      auths: { 'quay.io': {}, 'ghcr.io': { auth: base64('me:secret-2') } },
      credsStore: 'desktop',
      credHelpers: { '1.dkr.ecr.eu-west-1.amazonaws.com': 'ecr-login' },
    })
    const images = ['quay.io/a/b', 'quay.io/a/c', 'ghcr.io/a/b', '1.dkr.ecr.eu-west-1.amazonaws.com/a', 'own.example/a']
    const notes = helperNotes(config({ hosts: { 'own.example': { username: 'u' } } }, images), read)
    expect(notes).toEqual([
      expect.stringMatching(/credentials of quay\.io in a helper \(docker-credential-desktop\), which is not run/),
      expect.stringMatching(/of 1\.dkr\.ecr\.eu-west-1\.amazonaws\.com in a helper \(docker-credential-ecr-login\)/),
    ])
  })

  test.each([
    ['{"auths": {"quay.io": {"auth": "c2VjcmV0"', 'is no JSON'],
    [{ auths: { 'quay.io': { auth: 7 } } }, 'is not as docker writes it (at auths.quay.io.auth)'],
  ])('that is broken is told without a word of its content', async (content, words) => {
    const result = await read(content)
    expect(result).toMatchObject({ kind: 'fault', message: expect.stringContaining(words) })
    expect(JSON.stringify(result)).not.toContain('c2VjcmV0')
  })

  test('that cannot be read is told by its name', async () => {
    const registry = { hosts: {}, timeout: 5000, dockerConfig: join(folder.path, 'gone.json') }
    expect(await dockerConfigOf({ registry })).toMatchObject({
      kind: 'fault',
      message: expect.stringMatching(/gone\.json cannot be read \(ENOENT\)/),
    })
  })

  test('is used for hosts without a username of their own', async () => {
    const read = await docker({
      auths: { 'quay.io': { auth: base64('file:secret-1') }, 'ghcr.io': { auth: base64('file:secret-2') } },
    })
    const hosts = { 'quay.io': { username: 'opsee', url: 'http://127.0.0.1:5000' }, 'plain.example': {} }
    const registryPasswords = new Map([['quay.io', 'own']])
    const options = registryOptionsOf(config({ hosts }), { registryPasswords }, read)
    expect(Object.fromEntries(options?.hosts ?? [])).toEqual({
      'quay.io': { url: 'http://127.0.0.1:5000', login: { kind: 'basic', username: 'opsee', password: 'own' } },
      'plain.example': { url: null, login: null },
    })
    // Well below the lease of 10 s, as a tag is moved only while that is surely held.
    expect(options).toMatchObject({ timeoutMs: 5000, moveTimeoutMs: 4000 })
    expect(registryOptionsOf({ ...config({}), registry: undefined }, { registryPasswords }, read)).toBeNull()
  })
})
