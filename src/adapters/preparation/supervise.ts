import { execa } from 'execa'
import type { Clock } from '../../ports/clock.ts'
import type { PreparationEnd } from '../../ports/preparation.ts'
import { collectTail } from './collect-tail.ts'

/** What is killed may stay for as long as the kernel keeps it: longer than this nobody waits. In milliseconds. */
const unkillableMs = 5000
/** After the exit everything written is in the pipe already; only a process that left the group can still hold it. */
const drainMs = 250

interface How {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Between the request to end and the kill. */
  readonly graceMs: number
}

/** Starts the process in a group of its own and stays until the group is gone. Never rejects. */
export async function supervise(
  [file, ...args]: readonly [string, ...string[]],
  how: How,
  bounds: { readonly signal: AbortSignal; readonly mayBegin: () => boolean },
  clock: Clock,
): Promise<PreparationEnd> {
  // Nothing is awaited between this look and the start.
  if (bounds.signal.aborted || !bounds.mayBegin())
    return { kind: 'not-run', reason: 'it was called off before it began' }
  const began = clock.monotonic()
  const child = execa(file, args, {
    cwd: how.cwd,
    env: how.env,
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
    const { code } = await child
    return { kind: 'not-run', reason: `${file} could not be started (${code ?? 'unknown error'})` }
  }
  const output = collectTail([child.stdout, child.stderr])
  const exited = new Promise<Exit>((settle) => {
    child.once('exit', (code, signal) => settle({ code, signal }))
  })
  const over = new AbortController()
  const cut = await Promise.race([
    exited.then(() => null),
    clock.sleep(how.timeoutMs, over.signal).then(() => 'timeout' as const),
    aborted(bounds.signal, over.signal).then(() => 'ended' as const),
  ])
  over.abort()
  if (cut !== null) await endGroup(group, exited, how.graceMs, clock)
  // Nothing of it stays, what it left behind either.
  signalGroup(group, 'SIGKILL')
  const exit = await within(exited, unkillableMs, clock)
  await output.drained(drainMs, clock)
  const written = { tookMs: clock.monotonic() - began, ...output.written() }
  if (cut !== null) return { kind: cut, dead: exit !== null, ...written }
  if (exit === null || exit.code === null) return { kind: 'signal', signal: exit?.signal ?? 'a signal', ...written }
  return { kind: 'exit', code: exit.code, ...written }
}

interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

async function endGroup(group: number, exited: Promise<Exit>, graceMs: number, clock: Clock): Promise<void> {
  signalGroup(group, 'SIGTERM')
  await within(exited, graceMs, clock)
}

/** Null when it takes longer. */
async function within<T>(promise: Promise<T>, ms: number, clock: Clock): Promise<T | null> {
  const done = new AbortController()
  const result = await Promise.race([promise, clock.sleep(ms, done.signal).then(() => null)])
  done.abort()
  return result
}

/** Resolves once the signal aborts; `over` lets it be forgotten. */
const aborted = (signal: AbortSignal, over: AbortSignal): Promise<void> =>
  new Promise((settle) => {
    if (signal.aborted) settle()
    else signal.addEventListener('abort', () => settle(), { once: true, signal: over })
  })

function signalGroup(group: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-group, signal)
  } catch {
    // ESRCH: nobody of the group is left.
  }
}
