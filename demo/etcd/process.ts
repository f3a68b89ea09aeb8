import { spawnServer, type ServerProcess } from '../server/spawn-server.ts'

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

/** Starts one member and waits until it answers. Rejects with its last output when it ends or stays silent. */
export async function spawnEtcd(
  bin: string,
  member: MemberFlags,
  cluster: readonly MemberFlags[],
): Promise<ServerProcess> {
  return spawnServer({
    name: `etcd on port ${member.clientPort}`,
    bin,
    args: argumentsOf(member, cluster),
    env: cleanEnvironment(),
    temporary: member.temporary ? member.dir : null,
    answers: () => answers(member.clientPort),
  })
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
