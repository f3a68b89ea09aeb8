import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createSlackControl, type SlackControl } from './control.ts'
import { findLocalSlack } from './find.ts'

export interface LocalSlackOptions {
  /** 0 or absent takes a free one. */
  readonly port?: number
  /** Default: Socket Mode. `events` sends HTTP requests to `requestUrl`. */
  readonly mode?: { readonly kind: 'socket' } | { readonly kind: 'events'; readonly requestUrl: string }
  readonly users?: readonly { readonly id: string; readonly name: string; readonly real_name: string }[]
  readonly channels?: readonly { readonly id: string; readonly name: string }[]
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** A running local-slack; also the hand of a person in it. */
export interface LocalSlack extends SlackControl {
  /** Of the web page: `http://127.0.0.1:<port>`. */
  readonly url: string
  readonly port: number
  /** Base of the Web API, for the bot's configuration. */
  readonly apiUrl: string
  readonly app: typeof APP
  readonly pid: number
  /** Resolves when the process is gone and its files are removed. Safe to call twice. */
  stop(): Promise<void>
}

/** Made-up credentials of the one app in it. local-slack checks none of them but signs with the secret. */
const APP = {
  appId: 'A0OPSEE',
  botUserId: 'U0OPSEE',
  botName: 'opsee',
  botToken: 'xoxb-local-opsee',
  appToken: 'xapp-local-opsee',
  signingSecret: 'local-signing-secret',
} as const

const USERS = [
  { id: 'U0ALICE', name: 'alice', real_name: 'Alice' },
  { id: 'U0BOB', name: 'bob', real_name: 'Bob' },
]
const CHANNELS = [
  { id: 'C0DEPLOYS', name: 'deploys' },
  { id: 'C0GENERAL', name: 'general' },
]

const START_MS = 15_000
const STOP_MS = 2_000

/**
 * Starts local-slack with a workspace of its own. For the demo and the tests alone: it listens on all interfaces, has no
 * way to bind to loopback, and whoever reaches its port can act as anybody in it.
 */
export async function startLocalSlack(options: LocalSlackOptions = {}): Promise<LocalSlack> {
  const program = findLocalSlack(options.env ?? process.env)
  // Its working directory is our empty one: it would read a bunfig.toml where it stands.
  const folder = await mkdtemp(join(tmpdir(), 'opsee-slack-'))
  const config = join(folder, 'workspace.json')
  await writeFile(config, JSON.stringify(workspace(options)))
  const child = spawn(
    program,
    ['--config', config, '--port', String(options.port ?? 0), '--base-host', '127.0.0.1', '--files-dir', folder],
    { cwd: folder, env: { PATH: process.env['PATH'], TMPDIR: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const late = await Promise.race([gone, wait(STOP_MS, 'late', { ref: false })])
    if (late === 'late') child.kill('SIGKILL')
    await gone
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const port = await bannerPort(child, gone)
    const url = `http://127.0.0.1:${port}`
    const control = createSlackControl(url, { userId: APP.botUserId, command: '/opsee' })
    return { ...control, url, port, apiUrl: `${url}/api/`, app: APP, pid: child.pid ?? 0, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function workspace(options: LocalSlackOptions): object {
  const users = options.users ?? USERS
  const mode = options.mode ?? { kind: 'socket' }
  const members = [APP.botUserId, ...users.map((user) => user.id)]
  return {
    workspace: { name: 'Opsee', domain: 'opsee', teamId: 'T0OPSEE' },
    apps: [{ ...APP, mode: mode.kind, ...(mode.kind === 'events' ? { requestUrl: mode.requestUrl } : {}) }],
    users,
    channels: (options.channels ?? CHANNELS).map(({ id, name }) => ({ id, name, members })),
  }
}

/** With port 0 only its banner says which one it took. */
function bannerPort(child: ChildProcess, gone: Promise<void>): Promise<number> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const timer = setTimeout(() => reject(new Error(`local-slack said nothing for ${START_MS} ms`)), START_MS)
    const read = (chunk: Buffer): void => {
      if (printed.length > 100_000) return
      printed += chunk.toString()
      const port = /Web UI:\s+http:\/\/[^\s:]+:(\d+)\s[^]*Apps:/.exec(printed)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve(Number(port))
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', (error) => reject(new Error(`local-slack does not start: ${error.message}`, { cause: error })))
    void gone.then(() => {
      clearTimeout(timer)
      reject(new Error(`local-slack ended before it was ready\n\n${printed.trim()}`))
    })
  })
}
