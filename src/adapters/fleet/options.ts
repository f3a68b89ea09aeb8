import { resolve } from 'node:path'

/** How one tier's fleet is reached. Durations are milliseconds. */
export interface FleetOptions {
  /** Path of fleetctl, or a bare name that is looked up in `searchPath`. */
  readonly binary: string
  /** `PATH` for the lookup and for fleetctl itself. */
  readonly searchPath: string
  /** `HOME` for fleetctl: its default known-hosts file is below it. */
  readonly home?: string
  /** `http://…`, `https://…` or `unix:///…`, tried in this order; none: fleetctl's own default, the local socket. */
  readonly endpoints: readonly string[]
  /** `host[:port]` of the machine that the calls are tunnelled through, by ssh. */
  readonly tunnel?: string
  /** Socket of the ssh agent: needed by `tunnel`, and by the journal. */
  readonly sshAuthSock?: string
  readonly sshUser?: string
  readonly knownHostsFile?: string
  readonly strictHostKeyChecking?: boolean
  /** All three or none: fleetctl verifies the server only when it has a client pair beside the CA (connection-options). */
  readonly tls?: { readonly caFile: string; readonly certFile: string; readonly keyFile: string }
  /** `etcd` talks to etcd itself, past the fleet API. */
  readonly driver?: 'API' | 'etcd'
  /** Limit of one `start`, `stop` or `destroy`, all its endpoints included. Default 5000. */
  readonly callTimeoutMs?: number
  /** Limit of one list at one endpoint. Default 10000; 3,000 units took fleet a median of 19 s. */
  readonly listTimeoutMs?: number
  /** Limit of one `journal`. Default 8000. */
  readonly journalTimeoutMs?: number
  /** From the end of one poll to the start of the next. Default 500. */
  readonly pollMs?: number
}

/** The flags that every call carries. Paths are made absolute, as fleetctl runs in a directory of its own. */
export function globalFlags(options: FleetOptions, endpoint: string | null): string[] {
  const flag = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`--${name}=${value}`]
  const file = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path))
  return [
    ...flag('endpoint', endpoint ?? undefined),
    ...flag('driver', options.driver),
    ...flag('tunnel', options.tunnel),
    ...flag('ssh-username', options.sshUser),
    ...flag('known-hosts-file', file(options.knownHostsFile)),
    ...flag('strict-host-key-checking', options.strictHostKeyChecking?.toString()),
    ...flag('ca-file', file(options.tls?.caFile)),
    ...flag('cert-file', file(options.tls?.certFile)),
    ...flag('key-file', file(options.tls?.keyFile)),
  ]
}

/** All that fleetctl sees of the environment: every flag can also be set there, so nothing else may come through. */
export function cleanEnvironment(options: FleetOptions): Record<string, string> {
  return {
    PATH: options.searchPath,
    LC_ALL: 'C.UTF-8',
    ...(options.home === undefined ? {} : { HOME: options.home }),
    ...(options.sshAuthSock === undefined ? {} : { SSH_AUTH_SOCK: options.sshAuthSock }),
  }
}

/** For a person: the endpoint, and the tunnel that leads there. */
export function endpointLabel(options: FleetOptions, endpoint: string | null): string {
  const name = endpoint ?? 'the local fleet socket'
  return options.tunnel === undefined ? name : `${name} through ${options.tunnel}`
}
