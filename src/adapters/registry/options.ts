import type { Proxy } from '../../config/proxy.ts'
import type { DockerConfig, RegistryLogin } from '../../config/docker-config.ts'

export interface RegistryOptions {
  /** By the host that images name (`docker.io` for Docker Hub); one that is not named is asked at `https://<host>`, as nobody. */
  readonly hosts: ReadonlyMap<string, RegistryHost>
  /** Logins of hosts that have none of their own: the docker configuration file, and what it held at the start. Null for none. */
  readonly docker?: { readonly file: string; readonly read: DockerConfig } | null
  readonly proxy?: Proxy | null
  /** The longest that one request may take, in milliseconds. A look with its retries takes up to twice as long, a list of tags six times, but once where nothing comes of its first page. */
  readonly timeoutMs: number
  /** The longest that one `moveTag` takes, retries and looks included, in milliseconds. */
  readonly moveTimeoutMs: number
}

interface RegistryHost {
  /** `http://…` or `https://…`; null for `https://<host>`. */
  readonly url: string | null
  /** Its own login, which goes before the docker configuration. */
  readonly login: RegistryLogin | null
}
