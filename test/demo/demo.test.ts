import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { leftBehind } from './left-behind.ts'

const root = path.resolve(import.meta.dirname, '..', '..')
const minute = 60_000
const running = new Set<Demo>()

/** One demo, started as the bootstrap starts it. */
interface Demo {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  readonly ended: Promise<number | null>
}

function startDemo(...args: readonly string[]): Demo {
  const child = spawn(process.execPath, ['dist/demo/demo.js', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()))
  const ended = once(child, 'close').then(() => child.exitCode)
  const demo = { child, stdout: () => texts.stdout, stderr: () => texts.stderr, ended }
  running.add(demo)
  void ended.then(() => running.delete(demo))
  return demo
}

afterEach(() => {
  for (const { child } of running) child.kill('SIGKILL')
})

/** Shows all that it said when it did not. */
async function endedWell(demo: Demo): Promise<void> {
  const code = await demo.ended
  expect(code, `${demo.stdout()}\n${demo.stderr()}`).toBe(0)
}

const line = z.looseObject({ kind: z.string() })
const linesOf = (demo: Demo) =>
  demo
    .stdout()
    .split('\n')
    .flatMap((text) => (text.endsWith('}') ? [line.parse(JSON.parse(text))] : []))

/** The first line of this kind with this in it. Rejects when the demo ends before. */
async function lineOf(demo: Demo, kind: string, part: object = {}): Promise<z.infer<typeof line>> {
  for (;;) {
    const found = linesOf(demo).find((one) => one.kind === kind && matches(one, part))
    if (found !== undefined) return found
    if (demo.child.exitCode !== null || demo.child.signalCode !== null) throw new Error(demo.stderr())
    await sleep(100)
  }
}

const matches = (whole: object, part: object): boolean =>
  Object.entries(part).every(
    ([key, value]) =>
      JSON.stringify(Object.entries(whole).find(([name]) => name === key)?.[1]) === JSON.stringify(value),
  )

async function folderOf(demo: Demo): Promise<string> {
  return z.object({ dir: z.string() }).parse(await lineOf(demo, 'ready')).dir
}

describe('The demo', () => {
  it(
    'deploys once, beside another one that runs named commands, and both leave nothing behind',
    async () => {
      const own = startDemo('--once')
      const named = startDemo('--once', '--json', '--run', 'status', '--run', '/opsee restart beavis staging')
      const folder = await folderOf(named)
      expect(existsSync(folder)).toBe(true)
      await endedWell(own)
      expect(own.stdout()).toContain('ann types: /opsee deploy api production')
      expect(own.stdout()).toMatch(/bartnet@3\.service: process \d+ became \d+/)
      await endedWell(named)

      const lines = linesOf(named)
      const ends = lines.filter(({ kind }) => kind === 'ended')
      expect(ends).toMatchObject([
        { command: 'status', ok: true },
        { command: 'restart beavis staging', ok: true, reasons: [expect.stringMatching(/^beavis.service: process/)] },
      ])
      const events = z.array(z.object({ event: z.object({ seq: z.int(), fact: z.looseObject({ kind: z.string() }) }) }))
      const facts = events.parse(lines.filter(({ kind }) => kind === 'event')).map(({ event }) => event)
      expect(facts.map(({ seq }) => seq)).toEqual(facts.map((_, index) => index + 1))
      expect(facts.at(0)?.fact.kind).toBe('accepted')
      expect(facts.at(-1)?.fact).toMatchObject({ kind: 'ended', phase: 'succeeded' })
      expect(await leftBehind(folder, 3000)).toEqual([])
      expect(existsSync(folder)).toBe(false)
    },
    12 * minute,
  )

  it(
    'ends with 1 when a person may not, and goes on to the next command',
    async () => {
      const demo = startDemo('--once', '--json', '--as', 'bob', '--run', 'deploy beavis production', '--run', 'whoami')
      expect(await demo.ended).toBe(1)
      const lines = linesOf(demo)
      expect(lines.filter(({ kind }) => kind === 'ended')).toMatchObject([
        { command: 'deploy beavis production', ok: false, reasons: ['no rollout was started'] },
        { command: 'whoami', ok: true },
      ])
      const whispers = lines.filter((one) => one.kind === 'message' && matches(one, { place: 'whisper' }))
      expect(JSON.stringify(whispers)).toContain('deployers')
    },
    4 * minute,
  )

  it.for(['SIGINT', 'SIGKILL'] as const)(
    'leaves no process and no file when it is ended by %s in the middle of a rollout',
    { timeout: 4 * minute },
    async (signal) => {
      const demo = startDemo('--json')
      const folder = await folderOf(demo)
      await lineOf(demo, 'event')
      demo.child.kill(signal)
      expect(await demo.ended).toBe(signal === 'SIGINT' ? 130 : null)
      expect(await leftBehind(folder, 10_000)).toEqual([])
      expect(existsSync(folder)).toBe(false)
    },
  )
})
