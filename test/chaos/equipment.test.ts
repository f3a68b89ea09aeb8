import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { leaderOf } from '../../chaos/faults/etcd.ts'
import { createPeerNet } from '../../chaos/world/peers.ts'
import { createWrongClock, findFaketime } from '../../chaos/world/wrong-clock.ts'
import { eventually, memberId } from '../../chaos/world/world.ts'
import { startEtcdCluster } from '../../demo/etcd/start.ts'

/** What the faults are made with does what it says. */

const root = path.resolve(import.meta.dirname, '..', '..')
const ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

describe('What stands between the members of an etcd', () => {
  it('keeps a leader from the others, who choose another, and lets it back', async () => {
    const net = createPeerNet()
    ends.push(() => net.close())
    const etcd = await startEtcdCluster(3, (ports) => net.before(ports))
    ends.push(async () => void (await Promise.all(etcd.map((member) => member.stop()))))
    net.name(await Promise.all(etcd.map(({ endpoint }) => memberId(endpoint))))
    const first = await leaderOf(etcd)
    const others = etcd.filter((member) => member !== first)
    for (const other of others) net.part(etcd.indexOf(first), etcd.indexOf(other))
    const writes = async (endpoint: string): Promise<boolean> => {
      const body = JSON.stringify({ key: 'YQ==', value: 'YQ==' })
      const signal = AbortSignal.timeout(2000)
      return fetch(`${endpoint}/v3/kv/put`, { method: 'POST', body, signal }).then(
        ({ ok }) => ok,
        () => false,
      )
    }
    await eventually(
      'another leader',
      async () => (await leaderOf(others)) !== first && writes(others[0]?.endpoint ?? ''),
    )
    expect(await writes(first.endpoint)).toBe(false)
    net.heal()
    await eventually('the first to be back', () => writes(first.endpoint))
  })
})

describe('A clock that can be wrong', () => {
  it('jumps while the process runs, and its other clock does not', async () => {
    const said: string[] = []
    const library = await findFaketime(root, (text) => said.push(text))
    // Where it cannot be had, that fault is left out, and said to be.
    if (library === null) {
      expect(said.join('')).toContain('the clock of no replica is moved')
      return
    }
    const folder = mkdtempSync(path.join(tmpdir(), 'opsee-clock-'))
    ends.push(() => rmSync(folder, { recursive: true }))
    const clock = createWrongClock(library, path.join(folder, 'time'))
    const script = 'setInterval(() => console.log(Date.now() - performance.timeOrigin, performance.now()), 50)'
    const child = spawn(process.execPath, ['-e', script], { env: clock.env, stdio: ['ignore', 'pipe', 'ignore'] })
    ends.push(() => void child.kill('SIGKILL'))
    let [wall, monotonic] = [0, 0]
    child.stdout.on('data', (chunk: Buffer) => {
      const [line = ''] = chunk.toString().trim().split('\n').toReversed()
      ;[wall = 0, monotonic = 0] = line.split(' ').map(Number)
    })
    await eventually('a first look', () => Promise.resolve(monotonic > 0))
    expect(Math.abs(wall - monotonic)).toBeLessThan(5000)
    clock.wrongBy(-600)
    await eventually('the jump', () => Promise.resolve(wall < monotonic - 500_000))
    clock.wrongBy(0)
    await eventually('the way back', () => Promise.resolve(Math.abs(wall - monotonic) < 5000))
    expect(monotonic).toBeLessThan(120_000)
  })
})
