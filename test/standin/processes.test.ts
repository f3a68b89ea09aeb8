import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openTestLab, type TestLab } from './lab.ts'

const PATIENCE = { timeout: 60_000, interval: 50 }
const MARK = 'STANDIN_TEST_MARK'
const WORKER = `[Service]
ExecStart=/bin/sh -c 'trap "" TERM; while :; do sleep 1; done'
TimeoutStopSec=60
`

/** Processes, zombies aside, that carry this test's mark in their environment. */
function marked(value: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'environ'), 'utf8').includes(`${MARK}=${value}`)
      } catch {
        return false
      }
    })
    .map(Number)
}

/** On how many machines of the lab they run. */
function machinesOf(pids: readonly number[]): number {
  const ids = pids.map((pid) => {
    try {
      return /MACHINE_ID=(\w+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1]
    } catch {
      return undefined
    }
  })
  return new Set(ids.filter((id) => id !== undefined)).size
}

describe('no process of a lab is left behind', () => {
  let lab: TestLab
  let mark = ''
  const fleetctl = (...args: readonly string[]): ReturnType<TestLab['run']> =>
    lab.run(['--endpoint', lab.fleet.endpoints[0] ?? '', ...args])

  beforeEach(async () => {
    mark = String(Math.random()).slice(2)
    lab = await openTestLab({ timeScale: 0.1, env: { [MARK]: mark } })
    writeFileSync(join(lab.cwd, 'deaf@.service'), WORKER)
    await fleetctl('start', '--no-block', 'deaf@1', 'deaf@2', 'deaf@3')
    // Not only born, but known to the lab as its own: one that it has forked in this very moment it has told to nobody.
    await vi.waitUntil(async () => {
      const { stdout } = await fleetctl('list-units', '--no-legend')
      return stdout.split('\n').filter((line) => /^deaf@.*\bactive\s+running$/.test(line.trim())).length === 3
    }, PATIENCE)
  })

  afterEach(() => lab.close())

  test('when it is told to end, even if its units do not listen to SIGTERM', async () => {
    await lab.fleet.stop()
    await expect.poll(() => marked(mark), PATIENCE).toEqual([])
  })

  test('when it is killed by SIGKILL', async () => {
    process.kill(lab.fleet.pid, 'SIGKILL')
    await expect.poll(() => marked(mark), PATIENCE).toEqual([])
  })

  test('when a machine loses power, its processes die and the others live', async () => {
    await lab.fleet.fault({ kind: 'power-loss', machine: 'f3' })
    await expect.poll(() => machinesOf(marked(mark)), PATIENCE).toBe(2)
  })
})
