import type { Config, ServiceConfig, TierConfig } from '../config/schema.ts'

/** The names that people may type, and what they stand for. */
export interface Catalog {
  readonly services: readonly string[]
  readonly tiers: readonly string[]
  /** The service's own name for a name or alias, in any case; null when there is none. */
  service(text: string): string | null
  tier(text: string): string | null
  serviceConfig(name: string): ServiceConfig
  tierConfig(name: string): TierConfig
  /** The tiers that a service is deployed to. */
  tiersOf(service: string): readonly string[]
  /** Every name and alias, for completion and for "did you mean". */
  readonly words: { readonly services: readonly string[]; readonly tiers: readonly string[] }
}

export function createCatalog(config: Pick<Config, 'services' | 'tiers'>): Catalog {
  const services = Object.keys(config.services)
  const tiers = Object.keys(config.tiers)
  const serviceByWord = wordsOf(config.services)
  const tierByWord = wordsOf(config.tiers)
  const known = <T>(map: Readonly<Record<string, T>>, name: string): T => {
    const found = map[name]
    if (found === undefined) throw new Error(`${name} is not in the configuration`)
    return found
  }
  return {
    services,
    tiers,
    service: (text) => serviceByWord.get(text.toLowerCase()) ?? null,
    tier: (text) => tierByWord.get(text.toLowerCase()) ?? null,
    serviceConfig: (name) => known(config.services, name),
    tierConfig: (name) => known(config.tiers, name),
    tiersOf: (service) => known(config.services, service).tiers ?? tiers,
    words: { services: [...serviceByWord.keys()], tiers: [...tierByWord.keys()] },
  }
}

function wordsOf(entries: Readonly<Record<string, { readonly aliases: readonly string[] }>>): Map<string, string> {
  const words = new Map<string, string>()
  for (const [name, entry] of Object.entries(entries)) {
    for (const word of [name, ...entry.aliases]) words.set(word, name)
  }
  return words
}
