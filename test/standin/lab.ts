import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runFleetctl } from '../../demo/fleet/ctl/run.ts'
import { installFleetctl } from '../../demo/fleet/install.ts'
import { startFleet, type Fleet } from '../../demo/fleet/start.ts'

export interface Outcome {
  /** Null when it was killed at its time limit. */
  readonly rc: number | null
  readonly stdout: string
  readonly stderr: string
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** It is killed after so long, real ms. */
  readonly timeoutMs?: number
}

/** A lab with a directory of its own, and `fleetctl` in it. */
export interface TestLab {
  readonly fleet: Fleet
  readonly dir: string
  /** Where fleetctl is run, so that it finds unit files by name. */
  readonly cwd: string
  /** Runs fleetctl in this process: what is compared is what it says and when, and a machine under load starts slowly. */
  run(argv: readonly string[], options?: RunOptions): Promise<Outcome>
  /** Runs the installed executable. */
  exec(argv: readonly string[], options?: RunOptions): Promise<Outcome>
  close(): Promise<void>
}

/** The recording's machines, at addresses as long as theirs: tables are compared to the byte. */
const RECORDED_IDS = [1, 2, 3].map((n) => `${n}ce5000000000000000000000b58600${n}`)

export async function openTestLab(options: {
  readonly timeScale: number
  readonly seed?: number
  readonly env?: Readonly<Record<string, string>>
}): Promise<TestLab> {
  const root = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const dir = mkdtempSync(join(root, 'standin-'))
  const cwd = join(dir, 'cwd')
  mkdirSync(cwd)
  const { timeScale } = options
  const sleep = installSleep(join(dir, 'bin'), timeScale)
  const fleet = await startFleet({
    dir: join(dir, 'lab'),
    ips: await shortAddresses(),
    ids: RECORDED_IDS,
    timeScale,
    chronicleEveryMs: 20,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    env: { PATH: `${join(dir, 'bin')}:/usr/bin:/bin`, ...options.env },
    aliases: { '/bin/sleep': sleep },
  })
  const fleetctl = installFleetctl(join(dir, 'fleetctl-bin'))
  return {
    fleet,
    dir,
    cwd,
    run: (argv, { env = {}, timeoutMs = 60_000 } = {}) => runHere(argv, { cwd, env, timeoutMs }),
    exec: (argv, { env = {}, timeoutMs = 60_000 } = {}) => runProgram(fleetctl, argv, { cwd, env, timeoutMs }),
    close: async () => {
      await fleet.stop()
      claimed.delete(networkOf(fleet.machines[0]?.ip ?? ''))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

interface Given {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

async function runHere(args: readonly string[], { cwd, env, timeoutMs }: Given): Promise<Outcome> {
  const said = { stdout: '', stderr: '' }
  const killer = new AbortController()
  const limit = setTimeout(() => killer.abort(), timeoutMs)
  const world = {
    args,
    env,
    cwd,
    stdout: (text: string) => void (said.stdout += text),
    stderr: (text: string) => void (said.stderr += text),
    killed: killer.signal,
  }
  try {
    const rc = await runFleetctl(world)
    return { rc, ...said }
  } catch (error) {
    if (!killer.signal.aborted) throw error
    return { rc: null, ...said }
  } finally {
    clearTimeout(limit)
    // As the end of its process would: whatever it still waits for ends with it.
    killer.abort()
  }
}

function runProgram(program: string, argv: readonly string[], options: Given): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'], ...options.env }
    const child = spawn(program, argv, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
    const limit = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs)
    child.once('error', reject)
    child.once('close', (rc) => {
      clearTimeout(limit)
      resolve({ rc, ...said })
    })
  })
}

/** A `sleep` that keeps the lab's time: the units of the recording live by sleeping. */
function installSleep(dir: string, timeScale: number): string {
  mkdirSync(dir)
  const path = join(dir, 'sleep')
  writeFileSync(path, `#!/bin/sh\nexec /bin/sleep "$(/usr/bin/awk "BEGIN { print $1 * ${timeScale} }")"\n`)
  chmodSync(path, 0o755)
  return path
}

/** Taken by labs of this process that may not have bound them yet. */
const claimed = new Set<string>()

/** Three free neighbours among 127.a.b.11 with one-digit a and b: ten characters, as 10.77.0.11 has. */
async function shortAddresses(): Promise<string[]> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const net = `127.${2 + Math.floor(Math.random() * 8)}.${Math.floor(Math.random() * 10)}`
    if (claimed.has(net)) continue
    const ips = [11, 12, 13].map((last) => `${net}.${last}`)
    const free = await Promise.all(ips.map((ip) => claim(ip)))
    if (!free.every(Boolean) || claimed.has(net)) continue
    claimed.add(net)
    return ips
  }
  throw new Error('no free short loopback addresses were found')
}

function claim(ip: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(49_153, ip, () => server.close(() => resolve(true)))
  })
}

function networkOf(ip: string): string {
  return ip.slice(0, ip.lastIndexOf('.'))
}
