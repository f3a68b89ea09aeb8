import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { guard } from './guard.ts'

export interface ServerCommand {
  /** As errors name it: `etcd on port 2379`. */
  readonly name: string
  readonly bin: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** Removed when the program that started the server dies without ending it; null for nothing. */
  readonly temporary: string | null
  /** Whether it is up. Must not take long, and not reject. */
  readonly answers: () => Promise<boolean>
}

export interface ServerProcess {
  readonly pid: number
  /** Resolves when the process is gone; after 5 s it is killed. Safe to call twice. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

const startMs = 30_000
const endMs = 5000
const keptOutput = 4000

/** Starts a server and waits until it answers. Rejects with its last output when it ends or stays silent. */
export async function spawnServer(command: ServerCommand): Promise<ServerProcess> {
  const child = spawn(command.bin, command.args, {
    env: command.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a group of its own: Ctrl-C in a terminal is for the program, which ends its servers last.
    detached: true,
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-keptOutput)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  let failure: string | null = null
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      failure = error.message
      resolve()
    })
    child.once('exit', (code, signal) => {
      failure = `it ended with ${signal ?? code}`
      resolve()
    })
  })
  const ended = gone.then(() => 'ended' as const)
  const release = child.pid === undefined ? () => {} : guard(child.pid, command.temporary)

  const end: ServerProcess['end'] = async (signal) => {
    child.kill(signal)
    // A stopped process would keep SIGTERM for later.
    child.kill('SIGCONT')
    const patience = new AbortController()
    const late = sleep(endMs, 'late' as const, { signal: patience.signal }).catch(() => 'late' as const)
    if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL')
    patience.abort()
    await gone
    release()
  }

  const limit = Date.now() + startMs
  let state: 'waiting' | 'ended' = 'waiting'
  while (state === 'waiting' && Date.now() < limit) {
    if ((await command.answers()) && child.pid !== undefined) return { pid: child.pid, end }
    state = await Promise.race([ended, sleep(25, 'waiting' as const)])
  }
  const why = failure ?? `it did not answer in ${startMs / 1000} s`
  await end('SIGKILL')
  throw new Error(`${command.name} did not start: ${why}\n\n${output}`)
}
