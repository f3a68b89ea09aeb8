import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { leaderOf } from '../../chaos/faults/etcd.ts'
import { createPeerNet } from '../../chaos/world/peers.ts'
import { startRecorder } from '../../chaos/world/recorder.ts'
import { createWrongClock, findFaketime } from '../../chaos/world/wrong-clock.ts'
import { eventually, memberId } from '../../chaos/world/world.ts'
import { startEtcd, startEtcdCluster } from '../../demo/etcd/start.ts'

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

describe('Who follows what etcd holds', () => {
  const base64 = (plain: string): string => Buffer.from(plain).toString('base64')

  it('has seen it, or says that it has not', async () => {
    const etcd = await startEtcd()
    ends.push(() => etcd.stop())
    const ask = async (what: string, body: object): Promise<void> => {
      const response = await fetch(`${etcd.endpoint}/v3/kv/${what}`, { method: 'POST', body: JSON.stringify(body) })
      expect(response.status).toBe(200)
      await response.text()
    }
    const put = (key: string): Promise<void> => ask('put', { key: base64(key), value: base64('it') })
    for (const key of ['/seen/a', '/seen/b', '/lost/a', '/lost/b']) await put(key)
    const follow = (prefix: string) => {
      const recorder = startRecorder([etcd.endpoint], prefix)
      ends.push(() => recorder.close())
      return recorder
    }
    const seen = follow('/seen/')
    await seen.caughtUp()
    await put('/seen/c')
    await seen.caughtUp()
    expect(seen.changes.map(({ key }) => key)).toEqual(['a', 'b', 'c'])

    // What is compacted is told to nobody who comes later.
    await ask('compaction', { revision: '6', physical: true })
    await expect(follow('/lost/').caughtUp(1_000)).rejects.toThrow(
      'were not followed: etcd holds revision 5, and 0 was the last that was seen',
    )
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
