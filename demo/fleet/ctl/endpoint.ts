import type { Place } from './wire.ts'

/** Where the fleet API is: how to reach it, and what stands before `/fleet/v1` in a URL. */
export interface Endpoint {
  readonly place: Place
  /** As error messages show it, `http://127.0.0.1:49153`. */
  readonly shown: string
  readonly host: string
  readonly prefix: string
  /** A scheme that nothing can be asked with. */
  readonly unsupported: string | null
}

/** Reads `--endpoint`; throws with fleetctl's words. */
export function parseEndpoint(text: string): Endpoint {
  if (/^[^/:?#]+:\d/.test(text)) {
    throw new Error(`parse "${text}": first path segment in URL cannot contain colon`)
  }
  const parts = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/]*)(\/.*)?$/.exec(text)
  if (parts === null) throw new Error('URL scheme undefined')
  const [, scheme = '', host = '', path = ''] = parts
  if (scheme === 'unix' || scheme === 'file') {
    if (host !== '') throw new Error(`unable to connect to host "${host}" with scheme "${scheme}"`)
    const place = { kind: 'unix', path } as const
    return { place, shown: 'http://domain-sock', host: 'domain-sock', prefix: '', unsupported: null }
  }
  const [name = '', port] = host.split(/:(?=\d+$)/)
  const number = port === undefined ? (scheme === 'https' ? 443 : 80) : Number(port)
  return {
    place: { kind: 'tcp', host: name, port: number },
    shown: `${scheme}://${host}`,
    host,
    prefix: path.replace(/\/+$/, ''),
    unsupported: scheme === 'http' ? null : scheme,
  }
}
