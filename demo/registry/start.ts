import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { programOf } from '../debian/program.ts'
import { freeze } from '../etcd/freeze.ts'
import { freePorts } from '../etcd/ports.ts'
import { fastFolder } from '../server/fast-folder.ts'
import { spawnServer, type ServerProcess } from '../server/spawn-server.ts'

export interface RegistryServer {
  /** `http://127.0.0.1:<port>`; the same after a restart. */
  readonly url: string
  /** Of the running process; throws while there is none. */
  readonly pid: number
  /** Ends it, and removes its data unless their folder was given. Safe to call twice. */
  stop(): Promise<void>
  /** SIGKILL; the data stay. Resolves when the process is gone. */
  kill(): Promise<void>
  /** Starts it again on its data and waits until it answers. */
  restart(): Promise<void>
  /** SIGSTOP: connections stay open, nothing answers from now on. */
  pause(): void
  resume(): void
}

export interface RegistrySettings {
  /** Kept at the end. Unset: a temporary folder, in memory where there is one, removed at the end. */
  readonly dir?: string
  /** Unset: a free one. */
  readonly port?: number
  /** Whether it wants Basic authentication as `registryUser`. */
  readonly locked?: boolean
  /** The server's file; unset: what `find.mjs` finds. */
  readonly bin?: string
}

/** Who may do everything in a locked registry. It opens nothing else. */
export const registryUser = { username: 'opsee', password: 'demo-only' } as const
/** bcrypt of that password, as `htpasswd -B` writes it: the registry takes no other kind. */
const htpasswd = 'opsee:$2y$05$abcdefghijklmnopqrstuuHvCCyIYjBlRmjbbtIcK0PdX2X6SCaCy\n'

/** A real registry of the distribution project on loopback. Resolves when it answers; rejects after 30 s. */
export async function startRegistry(settings: RegistrySettings = {}): Promise<RegistryServer> {
  const bin = settings.bin ?? (await programOf('registry'))
  // A port that was free a moment ago may be taken by a neighbour.
  for (let attempt = 1; ; attempt += 1) {
    const [free = 0] = await freePorts(1)
    const port = settings.port ?? free
    const dir = settings.dir ?? (await mkdtemp(join(await fastFolder(), 'opsee-registry-')))
    const start = (): Promise<ServerProcess> => spawnRegistry(bin, dir, port, settings)
    try {
      return serverOf(await start(), start, port, settings.dir === undefined ? dir : null)
    } catch (error) {
      if (settings.dir === undefined) await rm(dir, { recursive: true, force: true })
      const taken = String(error).includes('address already in use')
      if (!taken || settings.port !== undefined || attempt === 3) throw error
    }
  }
}

function spawnRegistry(bin: string, dir: string, port: number, settings: RegistrySettings): Promise<ServerProcess> {
  const data = join(dir, 'data')
  mkdirSync(data, { recursive: true })
  const password = join(dir, 'htpasswd')
  writeFileSync(password, htpasswd)
  const config = join(dir, 'config.yml')
  const content = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: data }, cache: { blobdescriptor: 'inmemory' } },
    http: { addr: `127.0.0.1:${port}`, secret: 'of-one-registry-alone' },
    ...(settings.locked === true ? { auth: { htpasswd: { realm: 'opsee', path: password } } } : {}),
  }
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(content))
  // Variables that begin so would change the configuration.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('REGISTRY_')))
  return spawnServer({
    name: `the registry on port ${port}`,
    bin,
    args: ['serve', config],
    env,
    temporary: settings.dir === undefined ? dir : null,
    answers: () => answers(port),
  })
}

async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v2/`, { signal: AbortSignal.timeout(1000) })
    await response.body?.cancel()
    return response.headers.get('docker-distribution-api-version') === 'registry/2.0'
  } catch {
    return false
  }
}

function serverOf(
  first: ServerProcess,
  start: () => Promise<ServerProcess>,
  port: number,
  temporary: string | null,
): RegistryServer {
  let running: ServerProcess | null = first
  const current = (): ServerProcess => {
    if (running === null) throw new Error(`the registry on port ${port} is not running`)
    return running
  }
  return {
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return current().pid
    },
    async stop() {
      await running?.end('SIGKILL')
      running = null
      if (temporary !== null) await rm(temporary, { recursive: true, force: true })
    },
    async kill() {
      await running?.end('SIGKILL')
      running = null
    },
    async restart() {
      await running?.end('SIGKILL')
      running = await start()
    },
    pause() {
      freeze(current().pid)
    },
    resume() {
      process.kill(current().pid, 'SIGCONT')
    },
  }
}
