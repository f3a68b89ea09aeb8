import { readFile } from 'node:fs/promises'
import type { DockerConfig } from './docker-config.ts'
import type { Config, TierConfig } from './schema.ts'
import type { Secrets } from './secrets.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What `createFleetScheduler` wants for a tier. Only four names are taken from the environment. */
export function fleetOptionsOf(config: Pick<Config, 'fleetctl'>, tier: TierConfig, env: Environment) {
  const { fleetctl } = config
  const { endpoints, tunnel, knownHostsFile, strictHostKeyChecking, tls } = tier.fleet
  const whole =
    tls?.caFile === undefined || tls.certFile === undefined || tls.keyFile === undefined
      ? null
      : { caFile: tls.caFile, certFile: tls.certFile, keyFile: tls.keyFile }
  const { PATH = '/usr/bin:/bin', HOME, SSH_AUTH_SOCK } = env
  return {
    binary: fleetctl.binary,
    searchPath: PATH,
    endpoints: endpoints ?? [],
    strictHostKeyChecking,
    callTimeoutMs: fleetctl.callTimeout,
    listTimeoutMs: fleetctl.listTimeout,
    pollMs: fleetctl.pollInterval,
    ...(HOME === undefined ? {} : { home: HOME }),
    ...(SSH_AUTH_SOCK === undefined ? {} : { sshAuthSock: SSH_AUTH_SOCK }),
    ...(tunnel === undefined ? {} : { tunnel }),
    ...(knownHostsFile === undefined ? {} : { knownHostsFile }),
    ...(whole === null ? {} : { tls: whole }),
  }
}

/** What `createEtcdStore` wants, but for clock and time limit. Rejects when a TLS file cannot be read. */
export async function etcdOptionsOf({ etcd }: Pick<Config, 'etcd'>, secrets: Pick<Secrets, 'etcdPassword'>) {
  const { endpoints, prefix, username, tls } = etcd
  const text = (file: string): Promise<string> => readFile(file, 'utf8')
  const password = secrets.etcdPassword
  return {
    endpoints,
    prefix,
    ...(username === undefined || password === null ? {} : { auth: { user: username, password } }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(tls.caFile === undefined ? {} : { ca: await text(tls.caFile) }),
            ...(tls.certFile === undefined ? {} : { cert: await text(tls.certFile) }),
            ...(tls.keyFile === undefined ? {} : { key: await text(tls.keyFile) }),
          },
        }),
  }
}

/** What `createPreparationRunner` wants; `folder` is that of the configuration. */
export const preparationOptionsOf = ({ services }: Pick<Config, 'services'>, folder: string, env: Environment) => ({
  preparations: new Map(
    Object.entries(services).flatMap(([name, { preparation }]) => {
      if (preparation === undefined) return []
      const { command, timeout, env: allowed } = preparation
      return [[name, { command, timeoutMs: timeout, env: allowed }] as const]
    }),
  ),
  folder,
  env,
})

/** Of the lease: a tag is moved only while it is surely held, as a call of fleetctl is made. */
const moveShare = 0.4

/** What `createRegistry` wants; null without a registry in the configuration. */
export function registryOptionsOf(
  { registry, engine }: Pick<Config, 'registry' | 'engine'>,
  { registryPasswords }: Pick<Secrets, 'registryPasswords'>,
  docker: DockerConfig,
) {
  if (registry === undefined) return null
  const hosts = Object.entries(registry.hosts).map(([host, { url = null, username }]) => {
    const password = registryPasswords.get(host)
    const own =
      username === undefined || password === undefined ? null : ({ kind: 'basic', username, password } as const)
    return [host, { url, login: own }] as const
  })
  return {
    hosts: new Map(hosts),
    docker: registry.dockerConfig === undefined ? null : { file: registry.dockerConfig, read: docker },
    timeoutMs: registry.timeout,
    moveTimeoutMs: Math.min(registry.timeout, Math.floor(engine.leaseTtl * moveShare)),
  }
}
