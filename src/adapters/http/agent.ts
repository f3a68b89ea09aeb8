import { Agent, EnvHttpProxyAgent, fetch as send, FormData as OwnForm, type Dispatcher } from 'undici'
import type { Proxy } from '../../config/proxy.ts'

/** Connections to outside hosts, through the proxy where there is one. */
export function createAgent(proxy: Proxy | null, options: Agent.Options): Dispatcher {
  if (proxy === null) return new Agent(options)
  // Empty texts, so that the agent does not look into the environment by itself.
  return new EnvHttpProxyAgent({ ...options, httpProxy: proxy.http, httpsProxy: proxy.https, noProxy: proxy.except })
}

export interface ProxyFetch {
  readonly fetch: typeof fetch
  /** For clients that take no fetch. */
  readonly dispatcher: Dispatcher
}

/** `fetch` through the proxy; null without a proxy, where the fetch of Node will do. */
export function createProxyFetch(proxy: Proxy | null): ProxyFetch | null {
  if (proxy === null) return null
  const dispatcher = createAgent(proxy, {})
  return {
    dispatcher,
    // Node's own fetch does not take the agents of another undici.
    async fetch(input, init = {}) {
      const answer = await send(input instanceof Request ? input.url : input, {
        method: init.method ?? 'GET',
        headers: [...new Headers(init.headers)],
        body: bodyOf(init.body ?? null),
        redirect: init.redirect ?? 'follow',
        signal: init.signal ?? null,
        dispatcher,
      })
      const { status, statusText } = answer
      const bytes = await answer.arrayBuffer()
      const headers = new Headers([...answer.headers])
      return new Response(bytes.byteLength === 0 ? null : bytes, { status, statusText, headers })
    },
  }
}

/** Slack's client sends texts and forms. A form of Node would be sent as a text. */
function bodyOf(body: unknown): string | OwnForm | Uint8Array | null {
  if (body === null || typeof body === 'string' || body instanceof Uint8Array) return body
  if (body instanceof URLSearchParams) return body.toString()
  if (!(body instanceof FormData)) throw new Error('only texts and forms go through the proxy')
  const form = new OwnForm()
  for (const [name, value] of body.entries()) form.append(name, value)
  return form
}
