import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { programOf } from '../debian/program.ts'
import { fastFolder } from '../server/fast-folder.ts'
import type { ServerProcess } from '../server/spawn-server.ts'
import { freeze } from './freeze.ts'
import { freePorts } from './ports.ts'
import { spawnEtcd, type MemberFlags } from './process.ts'

export interface EtcdServer {
  /** `http://127.0.0.1:<port>`; the same after a restart. */
  readonly endpoint: string
  /** Of the running process; throws while there is none. */
  readonly pid: number
  /** Ends it and removes its data; with a `dir` that is kept, it may first finish (at most 5 s). Safe to call twice. */
  stop(): Promise<void>
  /** SIGKILL; the data stay. Resolves when the process is gone. */
  kill(): Promise<void>
  /** Starts it again on its data and waits until it answers. */
  restart(): Promise<void>
  /** SIGSTOP: connections stay open, nothing answers from now on. */
  pause(): void
  resume(): void
}

export interface EtcdSettings {
  /** Kept at the end. Unset: a temporary folder, in memory where there is one, removed at the end. */
  readonly dir?: string
  /** For clients; unset: a free one. */
  readonly port?: number
  /** The server's file; unset: what `find.mjs` finds. */
  readonly bin?: string
  /** More flags, such as `--quota-backend-bytes=…`. */
  readonly flags?: readonly string[]
}

/** A real etcd on loopback. Resolves when it has answered a read through its quorum; rejects after 30 s. */
export async function startEtcd(settings: EtcdSettings = {}): Promise<EtcdServer> {
  const [server] = await startMembers(1, settings)
  if (server === undefined) throw new Error('etcd was not started')
  return server
}

/** What stands between members: told their ports, it answers with those under which the others are to find them. */
type Between = (ports: readonly number[]) => Promise<readonly number[]>

/** A cluster of real members, each with its own endpoint. */
export async function startEtcdCluster(size: number, between?: Between): Promise<readonly EtcdServer[]> {
  return startMembers(size, {}, between)
}

async function startMembers(
  size: number,
  settings: EtcdSettings,
  between: Between = async (ports) => ports,
): Promise<readonly EtcdServer[]> {
  const bin = settings.bin ?? (await programOf('etcd'))
  const temporary = settings.dir === undefined
  // A port that was free a moment ago may be taken by a neighbour.
  for (let attempt = 1; ; attempt++) {
    const [ports, peers] = await Promise.all([freePorts(size), freePorts(size)])
    const ofOthers = await between(peers)
    const members: MemberFlags[] = []
    for (let at = 0; at < size; at++) {
      const dir = settings.dir ?? (await mkdtemp(join(await fastFolder(), 'opsee-etcd-')))
      const clientPort = settings.port ?? ports[at] ?? 0
      members.push({
        name: `m${at}`,
        dir,
        temporary,
        clientPort,
        peerPort: peers[at] ?? 0,
        peerPortOfOthers: ofOthers[at] ?? 0,
        flags: settings.flags ?? [],
      })
    }
    const started = await Promise.allSettled(members.map((member) => spawnEtcd(bin, member, members)))
    const failed = started.find((one) => one.status === 'rejected')
    const servers = started.flatMap((one, at) =>
      one.status === 'fulfilled' ? [serverOf(bin, one.value, members, at)] : [],
    )
    if (failed === undefined) return servers
    await Promise.all(servers.map((server) => server.stop()))
    const taken = String(failed.reason).includes('address already in use')
    if (!taken || settings.port !== undefined || attempt === 3) throw failed.reason
  }
}

function serverOf(bin: string, first: ServerProcess, members: readonly MemberFlags[], at: number): EtcdServer {
  const member = members[at]
  if (member === undefined) throw new Error(`there is no etcd member ${at}`)
  let running: ServerProcess | null = first
  const current = (): ServerProcess => {
    if (running === null) throw new Error(`etcd on port ${member.clientPort} is not running`)
    return running
  }
  return {
    endpoint: `http://127.0.0.1:${member.clientPort}`,
    get pid() {
      return current().pid
    },
    async stop() {
      await running?.end(member.temporary ? 'SIGKILL' : 'SIGTERM')
      running = null
      if (member.temporary) await rm(member.dir, { recursive: true, force: true })
    },
    async kill() {
      await running?.end('SIGKILL')
      running = null
    },
    async restart() {
      await running?.end('SIGKILL')
      running = await spawnEtcd(bin, member, members)
    },
    pause() {
      freeze(current().pid)
    },
    resume() {
      process.kill(current().pid, 'SIGCONT')
    },
  }
}
