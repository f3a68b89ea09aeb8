import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pushImage } from '../../../demo/registry/push-image.ts'
import { registryUser, startRegistry, type RegistryServer } from '../../../demo/registry/start.ts'
import type { RegistryLogin } from '../../../src/config/docker-config.ts'
import { closingAfterEach } from './support.ts'
import { startStopwatch } from '../../support/stopwatch.ts'

const { adapter } = closingAfterEach()
const login: RegistryLogin = { kind: 'basic', ...registryUser }
const api = 'quay.io/opsee/api'
let server: RegistryServer
let v1 = ''
let v2 = ''

beforeAll(async () => {
  server = await startRegistry({ locked: true })
  v1 = await pushImage(server.url, 'opsee/api', 'production', { version: '1', revision: 'a' })
  v2 = await pushImage(server.url, 'opsee/api', 'v2', { version: '2', revision: 'b' })
})
afterAll(() => server.stop())

describe('A real registry', () => {
  test('refuses nobody and a wrong password, in words that help', async () => {
    await expect(adapter(server.url).manifest(api, 'v2')).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(
        /HTTP 401.*name one in registry\.hosts\.quay\.io\.username \(the registry says: UNAUTHORIZED/,
      ),
    })
    const wrong = { ...login, password: 'not this one' }
    await expect(adapter(server.url, { login: wrong }).tags(api)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/HTTP 401.*opsee may not pull from it \(the registry says: UNAUTHORIZED/),
    })
    await expect(adapter(server.url).moveTag(api, 'production', { from: v1, to: v2 })).rejects.toMatchObject({
      kind: 'refused',
    })
  })

  test('is asked again while it restarts', async () => {
    await server.kill()
    const answer = adapter(server.url, { login }).manifest(api, 'v2')
    await server.restart()
    expect(await answer).toMatchObject({ digest: v2 })
  })

  test('that stands still holds nobody up, neither a look nor a move', async () => {
    const asking = adapter(server.url, { login, timeoutMs: 700, moveTimeoutMs: 700 })
    server.pause()
    try {
      const elapsed = startStopwatch()
      await expect(asking.labels(api, v2)).rejects.toMatchObject({ kind: 'away' })
      await expect(asking.moveTag(api, 'production', { from: v1, to: v2 })).rejects.toMatchObject({ kind: 'away' })
      expect(elapsed()).toBeLessThan(10_000)
    } finally {
      server.resume()
    }
    expect(await asking.labels(api, v2)).toMatchObject({ version: '2' })
  })

  test('shows a hundred services in two tiers within the second that a plan may take', async () => {
    const asking = adapter(server.url, { login })
    const names = Array.from({ length: 100 }, (_, at) => `opsee/service-${at}`)
    for (let at = 0; at < names.length; at += 10) {
      const some = names.slice(at, at + 10)
      await Promise.all(some.map((name) => pushImage(server.url, name, 'staging', { version: name, revision: 'a' })))
    }
    const look = async (name: string, tag: string) => {
      const found = await asking.manifest(`quay.io/${name}`, tag)
      return found === null ? null : asking.labels(`quay.io/${name}`, found.digest)
    }
    const all = () => Promise.all(names.flatMap((name) => ['staging', 'production'].map((tag) => look(name, tag))))
    const elapsed = startStopwatch()
    const labels = await all()
    expect(labels.filter((one) => one !== null)).toHaveLength(100)
    expect(await all()).toEqual(labels)
    // The goal is a second for each on a quiet machine.
    expect(elapsed()).toBeLessThan(15_000)
  })

  test('leaves neither process nor folder behind', async () => {
    const own = await startRegistry()
    const { pid } = own
    const config = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').at(2) ?? ''
    expect(existsSync(config)).toBe(true)
    await own.stop()
    expect([existsSync(`/proc/${pid}`), existsSync(dirname(config))]).toEqual([false, false])
  })
})
