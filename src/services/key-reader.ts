import { redactField, type Redact } from '../config/redact.ts'
import type { Config } from '../config/schema.ts'
import type { StoreReader } from '../ports/store.ts'
import type { Readers } from './capabilities.ts'

/**
 * `get` and `ls`: absolute etcd keys below the prefixes that the configuration allows, with secrets masked.
 * `store` sees absolute keys.
 */
export function createKeyReader(store: StoreReader, config: Config['query'], redact: Redact): Readers['keys'] {
  const words = config.secretWords.map((word) => word.toLowerCase())
  const isNamed = (key: string): boolean => words.some((word) => key.toLowerCase().includes(word))
  const shown = (key: string, value: string) => {
    const safe = redactField(key, value, redact, isNamed)
    return { key, value: safe, masked: safe !== value }
  }
  const allowed = (key: string): boolean =>
    config.prefixes.some((prefix) => key.startsWith(prefix) || `${key}/` === prefix)
  /** Where a person may look for what is there, near a key that is not. */
  const near = (key: string): string => {
    const parent = key.slice(0, key.lastIndexOf('/', key.length - 2) + 1)
    return allowed(parent) ? parent : `${key}/`
  }
  const refusal = (key: string) => ({
    kind: 'not-allowed' as const,
    message: `${key} is not under a prefix that may be read here. Allowed: ${config.prefixes.join(', ')}`,
  })
  return {
    async get(key) {
      if (!allowed(key)) return refusal(key)
      const entry = await store.get(key)
      return entry === null ? { kind: 'none', key, near: near(key) } : { kind: 'value', ...shown(key, entry.value) }
    },
    async list(prefix, options) {
      if (!allowed(prefix)) return refusal(prefix)
      // Without its slash an allowed prefix is the beginning of its neighbours' names too.
      const below = config.prefixes.some((one) => prefix.startsWith(one)) ? prefix : `${prefix}/`
      const page = await store.range(below, { limit: options.limit, keysOnly: options.keysOnly })
      return { kind: 'list', entries: page.entries.map((entry) => shown(entry.key, entry.value)), more: page.more }
    },
  }
}
