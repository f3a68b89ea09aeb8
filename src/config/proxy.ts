type Environment = Readonly<Record<string, string | undefined>>

/** The proxy for Slack, registries and webhooks. Health checks, etcd and fleet are asked directly. */
export interface Proxy {
  /** For `http://` addresses; '' for none. */
  readonly http: string
  /** For `https://` addresses; '' for none. */
  readonly https: string
  /** Hosts that are asked directly, as NO_PROXY lists them. */
  readonly except: string
}

export type ReadProxy =
  | { readonly kind: 'none' }
  /** `text` names the variables and the proxies' hosts. It holds no password. */
  | { readonly kind: 'proxy'; readonly proxy: Proxy; readonly text: string }
  /** A sentence for the operator, which holds no password. */
  | { readonly kind: 'fault'; readonly message: string }

const names = { http: 'HTTP_PROXY', https: 'HTTPS_PROXY', except: 'NO_PROXY' } as const

/** Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY. As for curl, the name in small letters goes first. */
export function readProxy(env: Environment): ReadProxy {
  const http = valueOf(env, names.http)
  const https = valueOf(env, names.https)
  const except = valueOf(env, names.except)
  const set = [https, http].filter((one) => one !== null)
  for (const { name, text } of set) {
    const url = urlOf(text)
    if (url === null) {
      const scheme = /^[a-z0-9]+(?=:\/\/)/i.exec(text)?.[0]
      const why = scheme === undefined ? 'is no address' : `begins with ${scheme}://`
      return { kind: 'fault', message: `${name} ${why}: write the proxy as http://host:port.` }
    }
  }
  if (set.length === 0) return { kind: 'none' }
  const parts = set.map(({ name, text }) => `${name} is ${urlOf(text)?.host ?? ''}`)
  const not = except === null ? '' : `; not for ${except.name}: ${except.text}`
  return {
    kind: 'proxy',
    proxy: {
      http: http === null ? '' : (urlOf(http.text)?.href ?? ''),
      https: https === null ? '' : (urlOf(https.text)?.href ?? ''),
      except: except?.text ?? '',
    },
    text: `Slack, registries and webhooks are asked through a proxy (${parts.join(', ')}${not})`,
  }
}

/** Passwords in proxy addresses, for masking. */
export function proxySecrets(env: Environment): readonly string[] {
  return [names.http, names.https].flatMap((name) => {
    const url = urlOf(valueOf(env, name)?.text ?? '')
    return url === null || url.password === '' ? [] : [decodeURIComponent(url.password), url.password]
  })
}

function valueOf(env: Environment, upper: string): { readonly name: string; readonly text: string } | null {
  for (const name of [upper.toLowerCase(), upper]) {
    const text = env[name]?.trim() ?? ''
    if (text !== '') return { name, text }
  }
  return null
}

/** curl also takes a proxy without a scheme. */
function urlOf(text: string): URL | null {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  if (!URL.canParse(whole)) return null
  const url = new URL(whole)
  return ['http:', 'https:'].includes(url.protocol) && url.hostname !== '' ? url : null
}
