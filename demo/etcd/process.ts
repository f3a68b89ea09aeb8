import { spawn } from 'node:child_process'
import { guard } from './guard.ts'
import { setTimeout as sleep } from 'node:timers/promises'

export interface MemberFlags {
  readonly name: string
  readonly dir: string
  /** Removed when the program that started etcd dies without ending it. */
  readonly temporary: boolean
  readonly clientPort: number
  readonly peerPort: number
  /** Where the other members find it: its own port, or what stands in front of that. */
  readonly peerPortOfOthers: number
  readonly flags: readonly string[]
}

export interface EtcdProcess {
  readonly pid: number
  /** Resolves when the process is gone; after 5 s it is killed. Safe to call twice. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

const START_MS = 30_000
const END_MS = 5000
const KEPT_OUTPUT = 4000

/** Starts one member and waits until it answers. Rejects with its last output when it ends or stays silent. */
export async function spawnEtcd(
  bin: string,
  member: MemberFlags,
  cluster: readonly MemberFlags[],
): Promise<EtcdProcess> {
  const child = spawn(bin, argumentsOf(member, cluster), {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a group of its own: Ctrl-C in a terminal is for the program, which ends etcd last.
    detached: true,
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-KEPT_OUTPUT)
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
  const release = child.pid === undefined ? () => {} : guard(child.pid, member.temporary ? member.dir : null)

  const end: EtcdProcess['end'] = async (signal) => {
    child.kill(signal)
    // A stopped process would keep SIGTERM for later.
    child.kill('SIGCONT')
    const patience = new AbortController()
    const late = sleep(END_MS, 'late' as const, { signal: patience.signal }).catch(() => 'late' as const)
    if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL')
    patience.abort()
    await gone
    release()
  }

  const limit = Date.now() + START_MS
  let state: 'waiting' | 'ended' = 'waiting'
  while (state === 'waiting' && Date.now() < limit) {
    if ((await answers(member.clientPort)) && child.pid !== undefined) return { pid: child.pid, end }
    state = await Promise.race([ended, sleep(25, 'waiting' as const)])
  }
  const why = failure ?? `it did not answer in ${START_MS / 1000} s`
  await end('SIGKILL')
  throw new Error(`etcd on port ${member.clientPort} did not start: ${why}\n\n${output}`)
}

function argumentsOf(member: MemberFlags, cluster: readonly MemberFlags[]): readonly string[] {
  const client = `http://127.0.0.1:${member.clientPort}`
  const peer = `http://127.0.0.1:${member.peerPort}`
  return [
    `--name=${member.name}`,
    `--data-dir=${member.dir}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${advertised(member)}`,
    `--initial-cluster=${cluster.map((one) => `${one.name}=${advertised(one)}`).join(',')}`,
    '--initial-cluster-state=new',
    '--logger=zap',
    '--log-level=warn',
    // Alone there is nobody to wait for; a lone member otherwise takes a second to elect itself.
    ...(cluster.length === 1 ? ['--heartbeat-interval=30', '--election-timeout=300'] : []),
    ...member.flags,
  ]
}

const advertised = ({ peerPortOfOthers }: MemberFlags): string => `http://127.0.0.1:${peerPortOfOthers}`

/** etcd refuses to start when a variable and a flag say different things; and it wants to be asked on arm64. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_'))
  return { ...Object.fromEntries(kept), ETCD_UNSUPPORTED_ARCH: process.arch }
}

/** `/health` reads through the quorum (etcdhttp/metrics.go). */
async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(1000) })
    return response.ok && (await response.text()).includes('"true"')
  } catch {
    return false
  }
}
