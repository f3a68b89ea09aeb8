import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPreparationRunner } from '../../../src/adapters/preparation/runner.ts'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import type { PreparationEnd, PreparationOrder } from '../../../src/ports/preparation.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { releaseOf } from '../../support/releases.ts'
import { groupMembers } from '../fleet/processes.ts'
import { startStopwatch } from '../../support/stopwatch.ts'

/** Real processes: sh and what it starts. */

const botEnv = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/root',
  SLACK_BOT_TOKEN: 'xoxb-of-the-bot',
  OPSEE_ETCD_PASSWORD: 'of-the-store',
  DATABASE_URL: 'postgres://api:hunter22@db/api',
  OTHER: 'other',
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder('preparation')
})
afterAll(() => folder.remove())

interface Asked {
  readonly command: readonly string[]
  readonly timeoutMs?: number
  readonly env?: readonly string[]
  readonly release?: PreparationOrder['release']
  readonly signal?: AbortSignal
  readonly mayBegin?: () => boolean
  readonly graceMs?: number
  readonly path?: string
}

function run(asked: Asked): Promise<PreparationEnd> {
  const preparation = {
    command: [...asked.command],
    timeoutMs: asked.timeoutMs ?? 60_000,
    env: [...(asked.env ?? [])],
  }
  const env = { ...botEnv, ...(asked.path === undefined ? {} : { PATH: asked.path }) }
  const runner = createPreparationRunner(
    { preparations: new Map([['api', preparation]]), folder: folder.path, env, graceMs: asked.graceMs ?? 3000 },
    systemClock,
  )
  const order = { service: 'api', tier: 'staging', rollout: 12, preparation, release: asked.release ?? null }
  const signal = asked.signal ?? new AbortController().signal
  return runner.run(order, { signal, mayBegin: asked.mayBegin ?? (() => true) })
}

const sh = (script: string, ...args: readonly string[]): readonly string[] => ['sh', '-c', script, 'sh', ...args]

async function textOf(file: string): Promise<string> {
  for (let tries = 0; tries < 600; tries++) {
    const text = await readFile(join(folder.path, file), 'utf8').catch(() => '')
    if (text.endsWith('\n')) return text.trim()
    await systemClock.sleep(50)
  }
  throw new Error(`${file} was not written`)
}

describe('A preparation that runs on this host', () => {
  it('hears its arguments as they stand, in the folder of the configuration, with an empty stdin, and is heard in both streams', async () => {
    const end = await run({ command: sh('pwd; printf "%s|" "$@"; cat; echo on stderr >&2', 'a b', '$HOME', '*') })
    expect(end).toMatchObject({ kind: 'exit', code: 0, cut: false })
    if (end.kind === 'not-run') throw new Error(end.reason)
    expect(end.output).toContain(`${folder.path}\na b|$HOME|*|`)
    expect(end.output).toContain('on stderr\n')
  })

  it('sees what it is about and what it is let see, and none of the bot’s secrets', async () => {
    const to = releaseOf('2')
    const end = await run({
      command: ['env'],
      env: ['OTHER', 'NOT_SET'],
      release: { image: 'quay.io/opsee/api', to },
    })
    if (end.kind === 'not-run') throw new Error(end.reason)
    const seen = new Map(
      end.output
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
    expect(Object.fromEntries(seen)).toEqual({
      PATH: botEnv.PATH,
      HOME: '/root',
      OTHER: 'other',
      OPSEE_SERVICE: 'api',
      OPSEE_TIER: 'staging',
      OPSEE_ROLLOUT: '12',
      OPSEE_RELEASE: to.digest,
      OPSEE_IMAGE: `quay.io/opsee/api@${to.digest}`,
      OPSEE_TAG: 'v2',
      OPSEE_REVISION: to.revision,
    })
  })

  it('does not show what stands in a variable that it was let see', async () => {
    const end = await run({ command: sh('echo "to $DATABASE_URL"'), env: ['DATABASE_URL'] })
    expect(end).toMatchObject({ kind: 'exit', output: 'to ‹secret›\n' })
  })

  it('that is a path is looked for from the configuration’s folder', async () => {
    await mkdir(join(folder.path, 'bin'), { recursive: true })
    await writeFile(join(folder.path, 'bin/migrate'), '#!/bin/sh\necho "migrated $1"\n')
    await chmod(join(folder.path, 'bin/migrate'), 0o755)
    expect(await run({ command: ['bin/migrate', 'up'] })).toMatchObject({
      kind: 'exit',
      code: 0,
      output: 'migrated up\n',
    })
  })

  it.each([
    ['exit code', 'echo broken; exit 3', { kind: 'exit', code: 3, output: 'broken\n' }],
    ['signal', 'kill -SEGV $$', { kind: 'signal', signal: 'SIGSEGV' }],
  ])('ends with its own %s', async (_, script, expected) => {
    expect(await run({ command: sh(script) })).toMatchObject(expected)
  })

  it.each([
    ['no-such-program', /^no-such-program was not found in PATH .* Install it there, or write its path/],
    ['./no-such-file', /no-such-file does not exist\. Install/],
    ['./plain', /plain may not be executed by this user \(EACCES\)/],
  ])('is not run when its program is %s', async (program, reason) => {
    await writeFile(join(folder.path, 'plain'), 'no program\n')
    const end = await run({ command: [program] })
    expect(end.kind === 'not-run' ? end.reason : end.kind).toMatch(reason)
  })

  it('is ended at its limit: asked first', async () => {
    const script = 'trap "echo asked to end; exit 0" TERM; echo begun; while :; do sleep 0.1; done'
    const end = await run({ command: sh(script), timeoutMs: 1000, graceMs: 30_000 })
    expect(end).toMatchObject({
      kind: 'timeout',
      dead: true,
      output: expect.stringContaining('asked to end') as unknown,
    })
  })

  it.each(['timeout', 'ended'] as const)(
    'that ignores the request is killed with all its children: %s',
    async (kind) => {
      const file = `stubborn-${kind}`
      const script = `trap "" TERM; sleep 1000 & (trap "" TERM; sleep 1000) & ps -o pgid= -p $$ > ${file}; while :; do sleep 1; done`
      const ending = new AbortController()
      const running = run({
        command: sh(script),
        graceMs: 300,
        signal: ending.signal,
        timeoutMs: kind === 'timeout' ? 1000 : 60_000,
      })
      const group = Number(await textOf(file))
      expect(groupMembers(group).length).toBeGreaterThan(1)
      if (kind === 'ended') ending.abort()
      expect(await running).toMatchObject({ kind, dead: true })
      expect(groupMembers(group)).toEqual([])
    },
  )

  it('takes along what it left behind, and does not wait for it', async () => {
    const elapsed = startStopwatch()
    const end = await run({ command: sh('(trap "" HUP; sleep 1000) & ps -o pgid= -p $$ > left; echo done') })
    expect(end).toMatchObject({ kind: 'exit', code: 0, output: 'done\n' })
    expect(elapsed()).toBeLessThan(30_000)
    expect(groupMembers(Number(await textOf('left')))).toEqual([])
  })

  it('may write as much as it likes: its end is kept', async () => {
    const end = await run({ command: sh('head -c 20000000 /dev/zero | tr "\\0" "x"; echo; echo the end') })
    if (end.kind === 'not-run') throw new Error(end.reason)
    expect(end).toMatchObject({ kind: 'exit', code: 0, cut: true })
    expect(end.output.endsWith('x\nthe end\n')).toBe(true)
    expect(end.output.length).toBeLessThan(200_000)
  })

  it('is not started once it was called off, or when the right to it is gone', async () => {
    const off = AbortSignal.abort()
    const reason = 'it was called off before it began'
    expect(await run({ command: sh('touch started'), signal: off })).toEqual({ kind: 'not-run', reason })
    expect(await run({ command: sh('touch started'), mayBegin: () => false })).toEqual({ kind: 'not-run', reason })
    await expect(readFile(join(folder.path, 'started'))).rejects.toThrow('ENOENT')
  })

  it('is not started when a record asks for what this process was not configured to run', async () => {
    const preparation = { command: ['touch', 'started'], timeoutMs: 1000, env: [] }
    const own = new Map([['api', { ...preparation, command: ['true'] }]])
    const runner = createPreparationRunner({ preparations: own, folder: folder.path, env: botEnv }, systemClock)
    const order = { service: 'api', tier: 'staging', rollout: 12, preparation, release: null }
    const end = await runner.run(order, { signal: new AbortController().signal, mayBegin: () => true })
    expect(end).toMatchObject({
      kind: 'not-run',
      reason: expect.stringContaining('has another preparation') as unknown,
    })
    await expect(readFile(join(folder.path, 'started'))).rejects.toThrow('ENOENT')
  })

  it('runs and is ended where there is no `timeout` to guard it, too', async () => {
    const bare = join(folder.path, 'bare')
    await mkdir(bare)
    const script = 'exec 2>&1; read -r _ < /dev/null; echo begun; while :; do /bin/sleep 1; done'
    const end = await run({ command: ['/bin/sh', '-c', script], path: bare, timeoutMs: 1000 })
    expect(end).toMatchObject({ kind: 'timeout', dead: true, output: 'begun\n' })
  })
})
