/** What happens to one Web API call instead of the call itself; null lets it through. */
export type Fault = (
  method: string,
  call: () => Promise<Response>,
  signal: AbortSignal | null,
) => Promise<Response> | null

export interface FaultyFetch {
  readonly fetch: typeof fetch
  fault: Fault | null
  /** The methods asked for, in order; a call that is sent twice is there twice. */
  readonly methods: string[]
}

export function faultyFetch(): FaultyFetch {
  const self: FaultyFetch = {
    fault: null,
    methods: [],
    async fetch(input, init) {
      const url = input instanceof Request ? input.url : String(input)
      const method = url.slice(url.lastIndexOf('/') + 1)
      self.methods.push(method)
      return (await self.fault?.(method, () => fetch(input, init), init?.signal ?? null)) ?? fetch(input, init)
    },
  }
  return self
}

export function says(body: object, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
}

export const refused = (error: string, more: object = {}): Response => says({ ok: false, error, ...more })

/** The call's answer never comes; its time limit ends it. */
export function silence(signal: AbortSignal | null): Promise<Response> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted', { cause: signal.reason })), { once: true })
  })
}

/** What undici throws when nothing listens. */
export function connectionRefused(): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) })
}

export function connectionReset(): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error('read'), { code: 'ECONNRESET' }) })
}
