/**
 * As much of etcd's v3 JSON gateway as the demo needs (etcd 3.4 and newer, paths below `/v3`): it looks at the bot's
 * records without the bot's own client, and a registrator stays small.
 */
export interface EtcdHttp {
  /** Keys and values below a prefix, in key order, at most `limit`. */
  range(prefix: string, limit?: number): Promise<Pair[]>
  get(key: string): Promise<string | null>
  put(key: string, value: string, lease?: string): Promise<void>
  remove(key: string): Promise<void>
  grant(ttlSeconds: number): Promise<string>
  /** False when the lease has run out. */
  keepAlive(lease: string): Promise<boolean>
  revoke(lease: string): Promise<void>
}

interface Pair {
  readonly key: string
  readonly value: string
}

const timeoutMs = 3000

/** Every call rejects when etcd does not answer within 3 s. */
export function createEtcdHttp(origin: string): EtcdHttp {
  const call = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(new URL(path, origin), { method: 'POST', body: JSON.stringify(body), signal })
    const text = await response.text()
    if (!response.ok) throw new Error(`etcd answered ${path} with HTTP ${response.status}: ${text.slice(0, 200)}`)
    return record(JSON.parse(text))
  }
  const range = async (prefix: string, limit = 0): Promise<Pair[]> => {
    const answer = await call('/v3/kv/range', { key: encode(prefix), range_end: encode(endOf(prefix)), limit })
    return pairs(answer['kvs'])
  }
  return {
    range,
    get: async (key) => pairs((await call('/v3/kv/range', { key: encode(key) }))['kvs'])[0]?.value ?? null,
    put: async (key, value, lease) => {
      await call('/v3/kv/put', { key: encode(key), value: encode(value), ...(lease === undefined ? {} : { lease }) })
    },
    remove: async (key) => {
      await call('/v3/kv/deleterange', { key: encode(key) })
    },
    grant: async (ttlSeconds) => String((await call('/v3/lease/grant', { TTL: ttlSeconds }))['ID']),
    keepAlive: async (lease) => {
      const { result } = await call('/v3/lease/keepalive', { ID: lease })
      return Number(record(result)['TTL'] ?? 0) > 0
    },
    revoke: async (lease) => {
      await call('/v3/lease/revoke', { ID: lease })
    },
  }
}

const encode = (text: string): string => Buffer.from(text).toString('base64')
const decode = (text: unknown): string => Buffer.from(typeof text === 'string' ? text : '', 'base64').toString()

/** The first key behind all that begin with `prefix` (prefixes here are ASCII). */
const endOf = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

const pairs = (kvs: unknown): Pair[] =>
  (Array.isArray(kvs) ? kvs : []).map((kv) => ({ key: decode(record(kv)['key']), value: decode(record(kv)['value']) }))
