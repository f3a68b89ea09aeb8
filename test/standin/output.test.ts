import { spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installFleetctl } from '../../demo/fleet/install.ts'
import { temporaryFolder } from '../support/folder.ts'

/** A fleet of 9,000 units, in the words of its API: more than the sockets between two processes hold. */
const states = Array.from({ length: 9000 }, (_, index) => ({
  name: `api@${index + 1}.service`,
  hash: 'a'.repeat(40),
  machineID: 'b'.repeat(32),
  systemdLoadState: 'loaded',
  systemdActiveState: 'active',
  systemdSubState: 'running',
}))

describe('a long list of the stand-in fleetctl', () => {
  let api: Server
  let folder: Awaited<ReturnType<typeof temporaryFolder>>

  beforeAll(async () => {
    folder = await temporaryFolder('output')
    api = createServer((request, response) => {
      response.setHeader('content-type', 'application/json')
      const machines = [{ id: 'b'.repeat(32), primaryIP: '10.0.0.1' }]
      response.end(JSON.stringify(request.url?.includes('/state') === true ? { states } : { machines }))
    })
    await new Promise<void>((listening) => api.listen(0, '127.0.0.1', listening))
  })

  afterAll(async () => {
    api.close()
    await folder.remove()
  })

  test('comes whole to a reader that is slower than its writer', async () => {
    const address = api.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const words = [`--endpoint=http://127.0.0.1:${port}`, 'list-units', '--full', '--no-legend']
    const child = spawn(installFleetctl(join(folder.path, 'bin')), words, {
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said = { stdout: '', stderr: '' }
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()))
    const ended = new Promise((resolve) => child.once('close', resolve))
    // So long that it has written what the pipe takes, and would be gone if it did not wait.
    await sleep(1500)
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()))
    expect(await ended).toBe(0)
    expect(said.stderr).toBe('')
    expect(said.stdout.endsWith('\n')).toBe(true)
    expect(said.stdout.split('\n')).toHaveLength(states.length + 1)
  })
})
