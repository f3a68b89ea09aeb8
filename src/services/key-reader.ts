import type { Config } from '../config/schema.ts'
import type { StoreReader } from '../ports/store.ts'
import type { Readers } from './capabilities.ts'

const mask = '•••••• (masked: it looks like a secret)'

/** Long random texts, keys and tokens, whatever their key is called. */
const looksSecret =
  /-----BEGIN|xox[a-z]-|xapp-|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20}|eyJ[\w-]{10,}\.|:\/\/[^\s/:@]+:[^\s/@]+@|(?:password|passwd|secret|token|api_?key)["']?\s*[=:]/i

/**
 * `get` and `ls`: absolute etcd keys below the prefixes that the configuration allows, with secrets masked.
 * `store` sees absolute keys.
 */
export function createKeyReader(store: StoreReader, config: Config['query']): Readers['keys'] {
  const shown = (key: string, value: string) => {
    const words = config.secretWords.map((word) => word.toLowerCase())
    const name = key.toLowerCase()
    const masked = value !== '' && (words.some((word) => name.includes(word)) || looksSecret.test(value))
    return { key, value: masked ? mask : value, masked }
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
