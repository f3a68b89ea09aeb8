import { stat } from 'node:fs/promises'
import {
  dockerSecrets,
  loginFor,
  readDockerConfig,
  type DockerConfig,
  type RegistryLogin,
} from '../../config/docker-config.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { RegistryOptions } from './options.ts'
import type { Place } from './place.ts'

/** Who asks a registry. A docker configuration file is read again when it changes, so that a rotated password is used. */
export interface Logins {
  of(place: Place): Promise<RegistryLogin | null>
  /** After a refusal: reads the file at once. Null when it holds the same login as `place`. */
  renewed(place: Place): Promise<Place | null>
  /** Every secret that was read so far, for masking. */
  secrets(): readonly string[]
}

/** The file is looked at this often, at most. In milliseconds. */
const betweenLooksMs = 1000

export interface LoginDeps {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Pick<Log, 'info' | 'warn'>
  /** Told of secrets that came with a change of the file, so that they are masked from then on. */
  readonly secretsChanged?: (secrets: readonly string[]) => void
}

export function createLogins({ hosts, docker = null }: RegistryOptions, deps: LoginDeps): Logins {
  const { clock, log, secretsChanged } = deps
  const secrets = new Set([
    ...[...hosts.values()].flatMap(({ login }) => (login === null ? [] : secretOf(login))),
    ...(docker === null ? [] : dockerSecrets(docker.read)),
  ])
  let known: DockerConfig | null = docker?.read ?? null
  /** What the file looked like when it was read; null before the first look. */
  let version: string | null = null
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | null = null

  const read = async (file: string): Promise<void> => {
    const before = await versionOf(file)
    if (before !== null && before === version) return
    const result = await readDockerConfig(file)
    if (result.kind === 'fault') {
      // Half written, or gone for a moment. The version stays unknown, so that the next look reads it again.
      version = null
      log.warn({}, `${result.message}: the logins that were read before are used`)
      return
    }
    version = before
    const fresh = dockerSecrets(result.docker).filter((secret) => !secrets.has(secret))
    for (const secret of fresh) secrets.add(secret)
    if (fresh.length > 0) {
      secretsChanged?.(fresh)
      log.info({ file }, 'the docker configuration was read again')
    }
    known = result.docker
  }
  const look = async (force: boolean): Promise<void> => {
    if (docker === null) return
    if (!force && clock.monotonic() - lookedAt < betweenLooksMs) return
    lookedAt = clock.monotonic()
    looking ??= read(docker.file).finally(() => (looking = null))
    await looking
  }
  const loginOf = ({ host, name }: Place): RegistryLogin | null =>
    hosts.get(host)?.login ?? (known === null ? null : loginFor(known, host, name))

  return {
    async of(place) {
      await look(false)
      return loginOf(place)
    },
    async renewed(place) {
      await look(true)
      const login = loginOf(place)
      return JSON.stringify(login) === JSON.stringify(place.login) ? null : { ...place, login }
    },
    secrets: () => [...secrets],
  }
}

const secretOf = (login: RegistryLogin): readonly string[] =>
  dockerSecrets({ logins: new Map([['', login]]), helpers: new Map() })

/** Changes when the file is written or replaced, also behind a link. Null when it cannot be looked at. */
async function versionOf(file: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file)
    return [ino, size, mtimeMs, ctimeMs].join(' ')
  } catch {
    return null
  }
}
