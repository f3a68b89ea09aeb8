import { spawn } from 'node:child_process'
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { logLineText } from './log-line.ts'

/** The bot as a real process, as the Procfile runs it. */
export interface Bot {
  readonly pid: number
  /** Path of all that it printed. */
  readonly log: string
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>
  /** The exit code or the signal that ended it; null while it runs. */
  how(): string | null
  /** How it ended, with its last log lines; null while it runs. */
  ended(): string | null
  /** SIGTERM, and SIGKILL after 10 s. Safe to call twice. */
  stop(): Promise<void>
}

export interface BotOptions {
  readonly root: string
  /** Of its log and its home. */
  readonly dir: string
  /** Path of its `opsee.yaml`. */
  readonly config: string
  readonly secrets: Readonly<Record<string, string>>
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>
}

const keptLines = 15
const endMs = 10_000

export function startBot(options: BotOptions): Bot {
  // The stand-in fleetctl reads journals only for who could have used ssh: it looks whether the agent's socket is there.
  const agent = path.join(options.dir, 'ssh-agent')
  writeFileSync(agent, '')
  const child = spawn(process.execPath, botWords(options.root), {
    cwd: options.dir,
    env: {
      PATH: process.env['PATH'],
      HOME: options.dir,
      TMPDIR: options.dir,
      SSH_AUTH_SOCK: agent,
      OPSEE_CONFIG: options.config,
      ...options.secrets,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const file = path.join(options.dir, 'bot.log')
  const log = createWriteStream(file, { flags: 'a' })
  let last: string[] = []
  let how: string | null = null
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log.write(chunk)
      last = [
        ...last,
        ...chunk
          .toString()
          .split('\n')
          .filter((line) => line !== ''),
      ].slice(-keptLines)
    })
  }
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      how = error.message
      resolve()
    })
    child.once('close', (code, signal) => {
      how ??= signal === null ? `exit code ${code}` : signal
      log.end()
      resolve()
    })
  })
  return {
    pid: child.pid ?? 0,
    log: file,
    gone,
    how: () => how,
    ended: () =>
      how === null ? null : `The bot ended (${how}). Its last log lines:\n\n${last.map(logLineText).join('\n')}`,
    stop: async () => {
      child.kill('SIGTERM')
      const late = await Promise.race([gone, sleep(endMs, 'late', { ref: false })])
      if (late === 'late') child.kill('SIGKILL')
      await gone
    },
  }
}

/** The words after `node` in the Procfile: what is shown and measured is what runs in production. */
function botWords(root: string): readonly string[] {
  const line = /^bot: node (.+)$/m.exec(readFileSync(path.join(root, 'Procfile'), 'utf8'))?.[1]
  if (line === undefined) throw new Error('the Procfile has no line that begins with "bot: node "')
  return line.split(' ').map((word) => (word.endsWith('.js') ? path.join(root, word) : word))
}
