import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pushImage, type Image } from '../../demo/registry/push-image.ts'
import { startRegistry, type RegistryServer } from '../../demo/registry/start.ts'

const root = path.resolve(import.meta.dirname, '..', '..')
const program = path.join(root, 'demo', 'shop', 'docker')
const home = mkdtempSync(path.join(tmpdir(), 'opsee-docker-'))
const ip = `127.${100 + (process.pid % 100)}.7.1`
let registry: RegistryServer | null = null
const env: Record<string, string | undefined> = {
  PATH: process.env['PATH'],
  SHOP_HOME: home,
  SHOP_NODE: process.execPath,
  SHOP_CODE: path.join(root, 'dist', 'demo', 'shop'),
  COREOS_PRIVATE_IPV4: ip,
}
const image = 'quay.io/opsee/bartnet:production'
const children = new Set<ChildProcess>()

const push = (image: Image, name = 'opsee/bartnet', tag = 'production'): Promise<string> =>
  pushImage(registry?.url ?? '', name, tag, { pullSeconds: 0, ...image })

beforeAll(async () => {
  registry = await startRegistry()
  env['SHOP_REGISTRY'] = registry.url
  await push({ version: '1.0.0', revision: 'abc' })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await registry?.stop()
  rmSync(home, { recursive: true, force: true })
})

function docker(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { env, timeout: 20_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}

/** Starts a container and waits until it says that it runs. */
async function container(...args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, ['run', ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  child.once('exit', () => children.delete(child))
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  while (!/listens|runs|ends/.test(said) && child.exitCode === null) await sleep(20)
  return child
}

const health = async (): Promise<Record<string, unknown>> =>
  JSON.parse(await (await fetch(`http://${ip}:8080/health`)).text())

describe('The stand-in docker', () => {
  it('runs the image that was pulled, as one process, until it is stopped', async () => {
    expect(await docker('pull', image)).toMatchObject({ code: 0 })
    const later = await push({ version: '2.0.0', revision: 'def' })
    const child = await container('--name', 'bartnet-1', '-p', '8080:8080', '-e', 'A=B', image)
    expect(await health()).toMatchObject({
      service: 'bartnet',
      instance: 'bartnet-1',
      version: '1.0.0',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      pid: child.pid,
    })
    const { digest } = await health()
    const stopped = once(child, 'exit')
    expect(await docker('stop', '-t', '5', 'bartnet-1')).toMatchObject({ code: 0 })
    expect(await stopped).toEqual([0, null])
    expect(digest).not.toBe(later)
  })

  it('pulls by digest what no tag names any more, and says with its health what it runs', async () => {
    const gone = await push({ version: '1.5.0', revision: 'cde' })
    await push({ version: '1.0.0', revision: 'abc' })
    const reference = `quay.io/opsee/bartnet@${gone}`
    expect(await docker('pull', reference)).toMatchObject({ code: 0, stdout: expect.stringContaining(gone) })
    const child = await container('--name', 'by-digest', '-p', '8080:8080', reference)
    expect(await health()).toMatchObject({ service: 'bartnet', version: '1.5.0', digest: gone })
    const ended = once(child, 'exit')
    await docker('rm', '-f', 'by-digest')
    await ended
  })

  it('says that the registry is away', async () => {
    await registry?.kill()
    expect(await docker('pull', image)).toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED') })
    await registry?.restart()
    expect(await docker('pull', image)).toMatchObject({ code: 0 })
  })

  it('refuses a second container of the same name, also when the first has ended, until it is removed', async () => {
    expect(await docker('run', '--name', 'bartnet-1', image)).toMatchObject({ code: 125 })
    expect(await docker('rm', 'bartnet-1')).toMatchObject({ code: 0 })
    expect(await docker('rm', 'bartnet-1')).toMatchObject({ code: 1 })
  })

  it('starts what was pushed last once it is pulled, and shows a bad image at its health path', async () => {
    await push({ version: '3.0.0', revision: 'bad', fault: 'unhealthy' })
    await docker('pull', image)
    const child = await container('--name', 'bartnet-2', '-p', '8080:8080', image)
    const response = await fetch(`http://${ip}:8080/health`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ version: '3.0.0', healthy: false })
    const ended = once(child, 'exit')
    expect(await docker('rm', 'bartnet-2')).toMatchObject({ code: 1, stderr: expect.stringContaining('running') })
    expect(await docker('rm', '-f', 'bartnet-2')).toMatchObject({ code: 0 })
    expect(await ended).toEqual([null, 'SIGKILL'])
  })

  it('ends a crashing image with 1, and a migration with 0 and nothing left', async () => {
    expect(await docker('run', '--rm', '--name', 'm-1', image, 'migrate')).toMatchObject({ code: 0 })
    expect(await docker('rm', 'm-1')).toMatchObject({ code: 1 })
    await push({ version: '4.0.0', revision: 'bad', fault: 'crash' })
    await docker('pull', image)
    expect(await docker('run', '--name', 'bartnet-3', image)).toMatchObject({ code: 1 })
  })

  it('pulls nothing that nobody pushed', async () => {
    expect(await docker('pull', 'quay.io/opsee/none:production')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('manifest for quay.io/opsee/none:production not found'),
    })
  })

  it('removes a --rm sidekick with its end', async () => {
    const announcer = 'quay.io/opsee/announcer:latest'
    await push({ version: '1', revision: '' }, 'opsee/announcer', 'latest')
    const child = await container('--rm', '--name', 'vape-announce-1', announcer)
    const ended = once(child, 'exit')
    expect(await docker('stop', 'vape-announce-1')).toMatchObject({ code: 0 })
    expect(await ended).toEqual([0, null])
    expect(await docker('rm', 'vape-announce-1')).toMatchObject({ code: 1 })
  })
})
