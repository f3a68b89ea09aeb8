import { spawn } from 'node:child_process'
import type { Reaper } from './reaper.ts'

export type Outcome =
  { readonly kind: 'exited'; readonly code: number } | { readonly kind: 'signaled'; readonly signal: NodeJS.Signals }

/** One running command in a process group of its own. */
export interface Running {
  readonly pid: number
  readonly startedAt: number
  readonly done: Promise<Outcome>
  /** Sends a signal to the whole group, or to the leader alone; a group that is gone is no error. */
  signal(signal: NodeJS.Signals, whole: boolean): void
  /** Tells the reaper that nothing is left to clean. */
  forget(): void
}

export interface CommandSpec {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly output: (line: string, pid: number) => void
}

/** systemd's exit status when a program cannot be executed (systemd.exec(5), EXIT_EXEC). */
const EXIT_EXEC = 203

/** Runs a program; one that cannot be executed has exited with 203, as in systemd, and `pid` 0. */
export function runCommand(spec: CommandSpec, reaper: Reaper): Running {
  const [program = '', ...args] = spec.argv
  const child = spawn(program, args, {
    env: spec.env,
    cwd: spec.cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const pid = child.pid ?? 0
  if (pid !== 0) reaper.add(pid)
  for (const stream of [child.stdout, child.stderr]) readLines(stream, (line) => spec.output(line, pid))
  const done = new Promise<Outcome>((resolve) => {
    child.once('error', () => resolve({ kind: 'exited', code: EXIT_EXEC }))
    child.once('exit', (code, signal) => {
      resolve(signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'signaled', signal })
    })
  })
  return {
    pid,
    startedAt: Date.now(),
    done,
    signal: (signal, whole) => {
      if (pid !== 0) send(whole ? -pid : pid, signal)
    },
    forget: () => {
      if (pid !== 0) reaper.remove(pid)
    },
  }
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal)
  } catch {
    // It ended in the meantime, which is what a signal is for.
  }
}

function readLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
  stream.on('end', () => {
    if (rest !== '') take(rest)
  })
  stream.on('error', () => undefined)
}
