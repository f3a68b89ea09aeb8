import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import { readDockerConfig } from '../../../src/config/docker-config.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { makeImage, send, sendManifest } from './fake-registry.ts'
import { closingAfterEach } from './support.ts'

const image = makeImage()
const { fake, adapter } = closingAfterEach()
const authOf = (password: string): string => Buffer.from(`opsee:${password}`).toString('base64')
const contentOf = (password: string): string => JSON.stringify({ auths: { 'quay.io': { auth: authOf(password) } } })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let file = ''
/** The password that the registry takes. */
let valid = 'first-password'
let shift = 0
const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + shift }

beforeEach(async () => {
  folder = await temporaryFolder('rotated')
  file = join(folder.path, 'config.json')
  valid = 'first-password'
  shift = 0
  writeFileSync(file, contentOf(valid))
})
afterEach(() => folder.remove())

async function start() {
  const registry = await fake(({ authorization }, response) => {
    if (authorization === `Basic ${authOf(valid)}`) sendManifest(response, image.manifest)
    else send(response, 401, {}, { 'www-authenticate': 'Basic realm="r"' })
  })
  const read = await readDockerConfig(file)
  if (read.kind === 'fault') throw new Error(read.message)
  const log = quietLog()
  const fresh: string[] = []
  const deps = { log, secretsChanged: (secrets: readonly string[]) => void fresh.push(...secrets) }
  const asking = adapter(registry.url, { docker: { file, read: read.docker }, clock, deps })
  const look = () => asking.manifest('quay.io/opsee/api', 'v1')
  expect(await look()).toMatchObject({ digest: image.digest })
  return { registry, look, log, fresh }
}

describe('A password that is rotated in the docker configuration', () => {
  test('is used at once after a refusal, and masked from then on', async () => {
    const { look, fresh } = await start()
    valid = 'second-password'
    writeFileSync(file, contentOf(valid))
    expect(await look()).toMatchObject({ digest: image.digest })
    expect(fresh).toEqual(['second-password', authOf('second-password')])
  })

  test('is used before the old one is refused', async () => {
    const { look, registry } = await start()
    valid = 'second-password'
    writeFileSync(file, contentOf(valid))
    shift = 5000
    const before = registry.asked.length
    expect(await look()).toMatchObject({ digest: image.digest })
    expect(registry.asked.slice(before).map(({ authorization }) => authorization)).toEqual([`Basic ${authOf(valid)}`])
  })

  test('is used where the file is a link to another file, as in a mounted secret', async () => {
    writeFileSync(join(folder.path, 'one.json'), contentOf(valid))
    rmSync(file)
    symlinkSync('one.json', file)
    const { look } = await start()
    valid = 'second-password'
    writeFileSync(join(folder.path, 'two.json'), contentOf(valid))
    symlinkSync('two.json', join(folder.path, 'next'))
    renameSync(join(folder.path, 'next'), file)
    expect(await look()).toMatchObject({ digest: image.digest })
  })

  test.each([
    ['is half written', (path: string) => writeFileSync(path, contentOf('second-password').slice(0, 30))],
    ['is empty', (path: string) => writeFileSync(path, '')],
    ['is gone', (path: string) => rmSync(path)],
  ])('keeps the old one while the file %s', async (_what, spoil) => {
    const { look, log } = await start()
    spoil(file)
    shift = 5000
    expect(await look()).toMatchObject({ digest: image.digest })
    expect(log.lines.join('\n')).toContain('the logins that were read before are used')
    expect(log.lines.join('\n')).not.toContain('password')
    valid = 'second-password'
    writeFileSync(file, contentOf(valid))
    expect(await look()).toMatchObject({ digest: image.digest })
  })

  test('that is still wrong is refused, after one more try', async () => {
    const { look, registry } = await start()
    valid = 'third-password'
    const before = registry.asked.length
    await expect(look()).rejects.toMatchObject({ kind: 'refused' })
    expect(registry.asked.length - before).toBeLessThanOrEqual(6)
  })
})
