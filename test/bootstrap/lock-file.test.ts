import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bootstrap, runModule, temporaryFolder } from './support.ts'

let folder = ''
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const lockFile = (): string => path.join(folder, 'prepare.lock')

/** Appends `in` and `out` to a file while it holds the lock. */
const holder = `
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
const [lib, file, log, limit, holdMs] = process.argv.slice(1)
const { withLockFile } = await import(lib)
await withLockFile(file, { waiting: (pid) => console.log('waiting for ' + pid), limitMs: Number(limit) }, async () => {
  appendFileSync(log, 'in\\n')
  await sleep(Number(holdMs))
  appendFileSync(log, 'out\\n')
})
`
const hold = (limitMs = 30_000, holdMs = 60) =>
  runModule(holder, [
    path.join(bootstrap, 'lock-file.mjs'),
    lockFile(),
    path.join(folder, 'log'),
    String(limitMs),
    String(holdMs),
  ])

describe('The lock file of a checkout', () => {
  it('lets one process after the other in, and is gone at the end', async () => {
    const ended = await Promise.all([hold(), hold(), hold(), hold(), hold()])
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0])
    expect(readFileSync(path.join(folder, 'log'), 'utf8')).toBe('in\nout\n'.repeat(5))
    expect(existsSync(lockFile())).toBe(false)
  })

  it('is taken over from an owner that died, by one of those who wait', async () => {
    const dead = await runModule('process.stdout.write(String(process.pid))')
    writeFileSync(lockFile(), JSON.stringify({ pid: Number(dead.stdout), born: '1', token: 'x' }))
    const ended = await Promise.all([hold(), hold(), hold()])
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(readFileSync(path.join(folder, 'log'), 'utf8')).toBe('in\nout\n'.repeat(3))
  })

  it('is taken over when another process has the dead owner’s number', async () => {
    writeFileSync(lockFile(), JSON.stringify({ pid: process.pid, born: '1', token: 'x' }))
    expect(await hold(5000)).toMatchObject({ code: 0 })
  })

  it('names who holds it, and gives up after its time', async () => {
    const stat = readFileSync(`/proc/${process.pid}/stat`, 'utf8')
    const born = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    writeFileSync(lockFile(), JSON.stringify({ pid: process.pid, born, token: 'x' }))
    const { code, stdout, stderr } = await hold(700)
    expect(code).toBe(1)
    expect(stdout).toBe(`waiting for ${process.pid}\n`)
    expect(stderr).toContain(`remove ${lockFile()}`)
    expect(existsSync(lockFile())).toBe(true)
  })
})
