import type { Readable } from 'node:stream'
import { execa } from 'execa'
import type { Clock } from '../../ports/clock.ts'
import { seconds } from './words.ts'
import type { FleetctlCall, FleetctlResult, KilledBy } from './fleetctl-call.ts'

const defaultMaxOutputBytes = 16 * 1024 * 1024
/** After the exit everything written is in the pipe already; only a process that left the group can still hold it. */
const drainMs = 250

interface Cause {
  readonly by: KilledBy
  readonly why: string
}

/**
 * Starts the process in a group of its own and stays until the group is gone. `leftMs` is what is left of the call's time
 * limit. Never rejects.
 */
export async function supervise(
  [file, ...args]: readonly [string, ...string[]],
  cwd: string,
  call: FleetctlCall,
  leftMs: number,
  clock: Clock,
): Promise<FleetctlResult> {
  const began = clock.monotonic()
  const child = execa(file, args, {
    cwd,
    env: call.env,
    extendEnv: false,
    detached: true,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
  })
  const group = child.pid
  if (group === undefined) {
    const result = await child
    return { kind: 'not-runnable', message: `${file} could not be started: ${startFault(result.code)}` }
  }

  const over = new AbortController()
  let ended: Cause | null = null
  const kill = (by: KilledBy, why: string): void => {
    if (over.signal.aborted) return
    ended ??= { by, why }
    killGroup(group)
  }
  const output = collect(child.stdout, child.stderr, call.maxOutputBytes ?? defaultMaxOutputBytes, (limit) => {
    kill('output', `killed after more than ${limit} bytes of output`)
  })
  const onAbort = (): void => kill('abort', 'killed as it was called off')
  call.signal?.addEventListener('abort', onAbort, { once: true })
  // It may have been called off while the binary was looked up.
  if (call.signal?.aborted === true) onAbort()
  void clock.sleep(leftMs, over.signal).then(() => {
    kill('time-limit', tooLong(call))
  })

  const exit = await new Promise<{ code: number | null; signal: string | null }>((settle) => {
    child.once('exit', (code, signal) => settle({ code, signal }))
  })
  over.abort()
  call.signal?.removeEventListener('abort', onAbort)
  killGroup(group)
  await output.drained(drainMs, clock)

  const cause = ended as Cause | null
  const stderr = output.stderr()
  if (cause !== null) return { kind: 'killed', ...cause, stderr }
  if (exit.code === null) {
    // While this process was held up, the guard of `runFleetctl` was the first to see the limit.
    const late = exit.signal === 'SIGKILL' && clock.monotonic() - began >= leftMs
    if (late) return { kind: 'killed', by: 'time-limit', why: tooLong(call), stderr }
    return { kind: 'killed', by: 'outside', why: `ended by ${exit.signal ?? 'a signal'}`, stderr }
  }
  return { kind: 'exited', rc: exit.code, stdout: output.stdout(), stderr }
}

function tooLong(call: FleetctlCall): string {
  return `killed after ${seconds(call.timeLimitMs)} without an end`
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // ESRCH: nobody of the group is left.
  }
}

function startFault(code: string | undefined): string {
  if (code === 'ENOENT') return 'the interpreter that its first line names is missing (ENOENT).'
  return `${code ?? 'unknown error'}.`
}

function collect(stdout: Readable, stderr: Readable, maxBytes: number, tooMuch: (limit: number) => void) {
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  let bytes = 0
  const closed = [stdout, stderr].map(
    (stream) => new Promise<void>((settle) => void stream.once('close', () => settle())),
  )
  const listen = (stream: Readable, into: Buffer[]): void => {
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) tooMuch(maxBytes)
      else into.push(chunk)
    })
  }
  listen(stdout, parts.stdout)
  listen(stderr, parts.stderr)
  const text = (from: readonly Buffer[]): string => Buffer.concat(from).toString('utf8')
  return {
    stdout: () => text(parts.stdout),
    stderr: () => text(parts.stderr),
    async drained(limitMs: number, clock: Clock): Promise<void> {
      const done = new AbortController()
      await Promise.race([Promise.all(closed), clock.sleep(limitMs, done.signal)])
      done.abort()
      stdout.destroy()
      stderr.destroy()
    },
  }
}
