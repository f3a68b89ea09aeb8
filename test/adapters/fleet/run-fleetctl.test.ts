import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { runFleetctl } from '../../../src/adapters/fleet/run-fleetctl.ts'
import type { FleetctlCall, FleetctlResult } from '../../../src/adapters/fleet/fleetctl-call.ts'
import { systemClock as realClock } from '../../../src/adapters/system/clock.ts'
import { startStopwatch } from '../../support/stopwatch.ts'
import { groupMembers } from './processes.ts'

const bin = fileURLToPath(new URL('fixtures/bin/', import.meta.url))
const PATH = '/usr/local/bin:/usr/bin:/bin'
const scratch = mkdtempSync(join(tmpdir(), 'opsee-test-'))
afterAll(() => rmSync(scratch, { recursive: true }))

let serial = 0
const pidFile = (): string => join(scratch, `pid-${(serial += 1)}`)
const groupOf = (file: string): number => Number(readFileSync(file, 'utf8'))

/** The process group of a program that was given this file, as soon as the program runs. */
async function startedGroup(file: string): Promise<number> {
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await realClock.sleep(20)
  return groupOf(file)
}

async function run(binary: string, args: readonly string[] = [], more: Partial<FleetctlCall> = {}) {
  const began = performance.now()
  const elapsed = startStopwatch()
  const call: FleetctlCall = { binary: join(bin, binary), args, env: { PATH }, timeLimitMs: 5_000, ...more }
  const result: FleetctlResult = await runFleetctl(call, realClock)
  return { result, ms: elapsed(), wallMs: performance.now() - began }
}

describe('what the process sees', () => {
  it('is an empty directory that is gone afterwards, an empty stdin, a group of its own and no more environment than given', async () => {
    process.env['FLEETCTL_ENDPOINT'] = 'http://127.0.0.1:1'
    const { result } = await run('surroundings', ['a b', '$HOME', '*'], { env: { PATH, SSH_AUTH_SOCK: '/agent' } })
    delete process.env['FLEETCTL_ENDPOINT']
    if (result.kind !== 'exited') throw new Error(JSON.stringify(result))
    const lines = result.stdout.split('\n')
    const value = (key: string): string =>
      lines.find((line) => line.startsWith(`${key}: `))?.slice(key.length + 2) ?? ''
    expect(value('args')).toBe('a b $HOME *')
    expect(value('cwd')).toMatch(/opsee-fleetctl-\w+$/)
    expect(value('files')).toBe('')
    expect(value('stdin')).toBe('/dev/null /dev/null')
    expect(value('group leader is the parent')).toBe('yes')
    const names = lines.filter((line) => line.startsWith('env: ')).map((line) => line.slice(5).split('=')[0])
    // The shell of the fixture sets PWD and its like by itself.
    expect(
      names
        .filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? ''))
        .toSorted((a = '', b = '') => a.localeCompare(b)),
    ).toEqual(['PATH', 'SSH_AUTH_SOCK'])
    expect(() => readdirSync(value('cwd'))).toThrow('ENOENT')
  })
})

describe('a call whose process was held up before it could start anything', () => {
  it('is not run when its time is over by then: its lease may belong to another', async () => {
    const file = pidFile()
    let looks = 0
    // As after a SIGSTOP of ten seconds behind the first look at the clock.
    const clock = { ...realClock, monotonic: () => (looks++ === 0 ? 0 : 10_000) }
    const call: FleetctlCall = { binary: join(bin, 'hangs'), args: [file], env: { PATH }, timeLimitMs: 3000 }
    expect(await runFleetctl(call, clock)).toEqual({
      kind: 'killed',
      by: 'time-limit',
      why: 'held up for more than 3 s before it was run',
      stderr: '',
    })
    expect(existsSync(file)).toBe(false)
  })
})

describe('a call that does not end', () => {
  it('is killed with its children at the time limit, whatever it does to SIGTERM', async () => {
    for (const binary of ['hangs', 'ignores-sigterm']) {
      const file = pidFile()
      // Long enough for the program to write its process group on a busy machine.
      const { result, ms, wallMs } = await run(binary, [file], { timeLimitMs: 1500 })
      expect(result).toMatchObject({ kind: 'killed', by: 'time-limit', why: 'killed after 1.5 s without an end' })
      expect(wallMs).toBeGreaterThan(1490)
      expect(ms).toBeLessThan(5_000)
      expect(groupMembers(groupOf(file))).toEqual([])
    }
  })

  it('is killed when it is called off, and what it said is kept', async () => {
    const file = pidFile()
    const stop = new AbortController()
    const running = run('hangs', [file], { signal: stop.signal, timeLimitMs: 60_000 })
    const group = await startedGroup(file)
    // Its child is started after its message is written.
    while (groupMembers(group).length < 2) await realClock.sleep(20)
    stop.abort()
    expect((await running).result).toMatchObject({ kind: 'killed', by: 'abort', stderr: 'about to hang\n' })
    expect(groupMembers(groupOf(file))).toEqual([])
  })

  it('is killed when it prints without end, long before the time limit', async () => {
    const file = pidFile()
    const { result, ms } = await run('floods', [file], { maxOutputBytes: 100_000 })
    expect(result).toMatchObject({ kind: 'killed', by: 'output' })
    expect(ms).toBeLessThan(4_000)
    expect(groupMembers(groupOf(file))).toEqual([])
  })

  it('is killed when it is called off in the very moment in which it is made', async () => {
    const file = pidFile()
    const stop = new AbortController()
    const running = run('hangs', [file], { signal: stop.signal, timeLimitMs: 20_000 })
    stop.abort()
    const { result, ms } = await running
    expect(result).toMatchObject({ kind: 'killed', by: 'abort' })
    expect(ms).toBeLessThan(10_000)
  })

  it('is not begun when it was called off before', async () => {
    const file = pidFile()
    const { result } = await run('hangs', [file], { signal: AbortSignal.abort() })
    expect(result).toMatchObject({ kind: 'killed', by: 'abort' })
    expect(() => readFileSync(file)).toThrow('ENOENT')
  })
})

describe('a call that ends', () => {
  it('is not delayed by a child that holds its output, and the child is ended', async () => {
    const file = pidFile()
    const { result, ms } = await run('leaves-a-child', [file])
    expect(result).toEqual({ kind: 'exited', rc: 3, stdout: 'done\n', stderr: '' })
    expect(ms).toBeLessThan(5_000)
    expect(groupMembers(groupOf(file))).toEqual([])
  })

  it('is not delayed by a child that left the group either', async () => {
    const { result, ms } = await run('leaves-an-escaped-child')
    expect(result).toEqual({ kind: 'exited', rc: 0, stdout: 'done\n', stderr: '' })
    expect(ms).toBeLessThan(5_000)
  })

  it('by a signal of somebody else is told from an exit', async () => {
    const { result } = await run('dies-by-signal')
    expect(result).toMatchObject({ kind: 'killed', by: 'outside', why: 'ended by SIGSEGV' })
  })
})

describe('a binary that cannot be run is told plainly', () => {
  it.each([
    ['/no/such/fleetctl', '/no/such/fleetctl does not exist. Install'],
    ['fleetctl-of-nobody', `fleetctl-of-nobody was not found in PATH (${PATH}). Install`],
    [bin, `${bin.slice(0, -1)} is not a file.`],
    [join(bin, 'not-executable'), 'may not be executed by this user (EACCES): chmod +x it.'],
    [join(bin, 'missing-interpreter'), 'could not be started: No such file or directory. Is the interpreter'],
  ])('%s', async (binary, message) => {
    const { result } = await run('surroundings', [], { binary })
    expect(result.kind === 'not-runnable' ? result.message : result.kind).toContain(message)
  })

  it('and a bare name is found in PATH', async () => {
    const { result } = await run('', [], { binary: 'surroundings', env: { PATH: `/nowhere:${bin}:${PATH}` } })
    expect(result).toMatchObject({ kind: 'exited', rc: 0 })
  })
})

it('twenty calls at once leave no directory and no process behind', async () => {
  const before = process.env['TMPDIR']
  const temporary = mkdtempSync(join(scratch, 'tmp-'))
  process.env['TMPDIR'] = temporary
  const files = Array.from({ length: 20 }, pidFile)
  const results = await Promise.all(files.map((file) => run('hangs', [file], { timeLimitMs: 5000 })))
  expect(results.map(({ result }) => result.kind)).toEqual(files.map(() => 'killed'))
  expect(files.flatMap((file) => groupMembers(groupOf(file)))).toEqual([])
  expect(readdirSync(temporary)).toEqual([])
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
})

it('a call that hangs ends at its limit even when the process that made it was killed', async () => {
  const file = pidFile()
  const built = fileURLToPath(new URL('../../../dist/src/adapters/fleet/run-fleetctl.js', import.meta.url))
  const script = `
    import { runFleetctl } from ${JSON.stringify(built)}
    const clock = { monotonic: () => performance.now(), sleep: (ms) => new Promise((end) => setTimeout(end, ms)) }
    const call = { binary: ${JSON.stringify(join(bin, 'hangs'))}, args: [${JSON.stringify(file)}], env: { PATH: ${JSON.stringify(PATH)} } }
    runFleetctl({ ...call, timeLimitMs: 4000 }, clock)
  `
  const maker = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' })
  await startedGroup(file)
  maker.kill('SIGKILL')
  expect(groupMembers(groupOf(file)).length).toBeGreaterThan(0)
  const deadline = performance.now() + 20_000
  while (groupMembers(groupOf(file)).length > 0 && performance.now() < deadline) await realClock.sleep(50)
  expect(groupMembers(groupOf(file))).toEqual([])
})
