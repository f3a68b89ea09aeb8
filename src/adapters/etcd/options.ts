import type { Clock } from '../../ports/clock.ts'

export interface EtcdOptions {
  /** `http://host:port` or `https://host:port`, any number of members of one cluster; tried in this order. */
  readonly endpoints: readonly string[]
  /** What every key begins with, such as `/opsee.co/deploy/v1/`; a missing last slash is added. '' is the whole store. */
  readonly prefix: string
  /** PEM texts; `ca` alone checks the server, `cert` with `key` also shows who we are. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  readonly auth?: { readonly user: string; readonly password: string }
  /** How long one call may take in all, its repeats included, in milliseconds. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/** An endpoint as it is shown and dialled. Throws on what is not an etcd address, naming it without any password in it. */
export function parseEndpoint(endpoint: string, tls: boolean): { readonly name: string; readonly secure: boolean } {
  const text = /^[a-z]+:\/\//i.test(endpoint) ? endpoint : `${tls ? 'https' : 'http'}://${endpoint}`
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.hostname === '' || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error(`not an etcd endpoint: ${endpoint.replace(/\/\/.*@/, '//')}\n\nWrite it as http://host:2379`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error(`the etcd endpoint ${url.host} carries a user or password\n\nGive them as auth instead`)
  }
  const secure = url.protocol === 'https:'
  if (tls && !secure) throw new Error(`the etcd endpoint ${text} is plain http, but tls is set\n\nWrite https://`)
  // `URL` drops a scheme's own port, which a person may have written on purpose.
  const written = /:(\d+)\/?$/.exec(text)?.[1] ?? '2379'
  return { name: `${url.protocol}//${url.hostname}:${url.port === '' ? written : url.port}`, secure }
}
