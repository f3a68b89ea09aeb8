import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Config } from './schema.ts'

/** What a registry is told about who asks. */
export type RegistryLogin =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** Given for a token of each repository (OAuth 2, `grant_type=refresh_token`). */
  | { readonly kind: 'identity'; readonly token: string }

/** What a docker configuration file says of registries. Hosts are those that images name; Docker Hub is `docker.io`. */
export interface DockerConfig {
  /** By host, or by host and the beginning of a repository's path: `quay.io`, `quay.io/opsee`. */
  readonly logins: ReadonlyMap<string, RegistryLogin>
  /** Hosts whose credentials a helper program keeps, with its name: it is not run. `''` is for all other hosts. */
  readonly helpers: ReadonlyMap<string, string>
}

export type ReadDockerConfig =
  | { readonly kind: 'read'; readonly docker: DockerConfig }
  /** A sentence for the operator, which holds no secret. */
  | { readonly kind: 'fault'; readonly message: string }

const entry = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
})
const fileSchema = z.object({
  auths: z.record(z.string(), entry).nullish(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
})

/** The file that the configuration names, or nothing where it names none. Never rejects. */
export async function dockerConfigOf({ registry }: Pick<Config, 'registry'>): Promise<ReadDockerConfig> {
  return registry?.dockerConfig === undefined
    ? { kind: 'read', docker: { logins: new Map(), helpers: new Map() } }
    : readDockerConfig(registry.dockerConfig)
}

/** Reads `config.json` as `docker login` writes it. */
export async function readDockerConfig(file: string): Promise<ReadDockerConfig> {
  let content: unknown
  try {
    content = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    // What a JSON parser says quotes the text.
    const code = error instanceof Error && 'code' in error ? `cannot be read (${String(error.code)})` : 'is no JSON'
    return { kind: 'fault', message: `registry.dockerConfig: ${file} ${code}` }
  }
  const parsed = fileSchema.safeParse(content)
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') ?? ''
    return {
      kind: 'fault',
      message: `registry.dockerConfig: ${file} is not as docker writes it (at ${at || 'its beginning'})`,
    }
  }
  const { auths, credsStore, credHelpers } = parsed.data
  const logins = new Map<string, RegistryLogin>()
  for (const [key, value] of Object.entries(auths ?? {})) {
    const login = loginOf(value)
    const place = placeOf(key)
    // An address such as https://quay.io/v1/ is the older form: the host itself goes before it.
    if (login !== null && (place.exact || !logins.has(place.key))) logins.set(place.key, login)
  }
  const helpers = new Map(Object.entries(credHelpers ?? {}).map(([key, helper]) => [placeOf(key).key, helper]))
  if (credsStore !== undefined && credsStore !== '') helpers.set('', credsStore)
  return { kind: 'read', docker: { logins, helpers } }
}

/** Every secret of it, for masking. */
export const dockerSecrets = ({ logins }: DockerConfig): readonly string[] =>
  [...logins.values()].flatMap((login) =>
    login.kind === 'identity'
      ? [login.token]
      : [login.password, Buffer.from(`${login.username}:${login.password}`).toString('base64')],
  )

/** What the operator must know of hosts whose credentials a helper program keeps: sentences, one for each host. */
export function helperNotes(
  config: Pick<Config, 'registry' | 'services'>,
  { logins, helpers }: DockerConfig,
): readonly string[] {
  const hosts = Object.values(config.services).flatMap(({ image }) => image?.split('/')[0] ?? [])
  return [...new Set(hosts)].flatMap((host) => {
    const helper = helpers.get(host) ?? helpers.get('')
    const known = [...logins.keys()].some((key) => key === host || key.startsWith(`${host}/`))
    if (helper === undefined || known || config.registry?.hosts[host]?.username !== undefined) return []
    return [
      `docker's configuration keeps the credentials of ${host} in a helper (docker-credential-${helper}), which is not run: ` +
        `${host} is asked as nobody. Name a user in registry.hosts.${host}.username`,
    ]
  })
}

/** Null for an entry without credentials, as it stands there when a helper keeps them. */
function loginOf(value: z.infer<typeof entry>): RegistryLogin | null {
  if (value.identitytoken) return { kind: 'identity', token: value.identitytoken }
  const { username, password } = value.auth ? splitAuth(value.auth) : value
  return username && password ? { kind: 'basic', username, password } : null
}

/** `auth` is base64 of `username:password`; a password may hold colons, and docker once padded with NULs. */
function splitAuth(auth: string): { readonly username: string; readonly password: string } {
  const text = Buffer.from(auth, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0
    ? { username: '', password: '' }
    : { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') }
}

/**
 * Keys are hosts, hosts with a repository's path (`quay.io/opsee`), or addresses such as `https://index.docker.io/v1/`,
 * which is how docker names its Hub. Of an address only the host counts (containers/image, pkg/docker/config).
 */
function placeOf(key: string): { readonly key: string; readonly exact: boolean } {
  const bare = key.replace(/^https?:\/\//i, '')
  const [host = '', ...path] = bare.replace(/\/+$/, '').split('/')
  const name = hubNames.has(host.toLowerCase()) ? 'docker.io' : host.toLowerCase()
  const isAddress = bare !== key || /^v[12]$/.test(path.join('/'))
  return { key: isAddress ? name : [name, ...path].join('/'), exact: !isAddress }
}

const hubNames: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
])

/** The login of the longest path that holds the repository, then that of the host. Never that of another path. */
export function loginFor({ logins }: DockerConfig, host: string, repository: string): RegistryLogin | null {
  const parts = [host, ...repository.split('/')]
  for (let length = parts.length; length > 0; length -= 1) {
    const login = logins.get(parts.slice(0, length).join('/'))
    if (login !== undefined) return login
  }
  return null
}
