import { driftAmong } from './command/parts/target-drift.ts'
import type { Config } from './config/schema.ts'
import type { Catalog } from './domain/catalog.ts'
import type { Target } from './domain/target.ts'
import { driftWork } from './narrator/drift-watch.ts'
import type { ChatReader, ChatWriter } from './ports/chat.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import type { StoreLeases, StoreReader, StoreWriter } from './ports/store.ts'
import type { Readers } from './services/capabilities.ts'
import { claimWork, type Claiming } from './services/claimed-work.ts'
import { createDriftMemories } from './services/drift-memories.ts'

interface DriftParts {
  readonly config: Config
  readonly catalog: Catalog
  readonly targets: readonly Target[]
  readonly read: Readers
  /** Patient. */
  readonly store: StoreReader & StoreWriter & StoreLeases
  readonly chat: ChatWriter & ChatReader
  readonly clock: Clock
  readonly log: Log
  /** Names this process. */
  readonly driver: string
  /** Where closing lines of a tier go. */
  readonly historyChannel: (tier: string) => string
}

/** How often a process looks whether nobody looks for drift, in milliseconds. */
const lookMs = 5000

/** Looks for drift by itself, from now until it is stopped; nothing where nobody wants that. */
export function watchDrift(parts: DriftParts): readonly Claiming[] {
  const { config, store, clock, log } = parts
  const everyMs = config.drift.every
  if (everyMs === 0) return []
  const memories = createDriftMemories(store, parts.driver, () => clock.now())
  const source = driftWork({
    ...parts,
    memories,
    everyMs,
    look: async (targets) => (await driftAmong(targets, parts, { processes: true })).found,
  })
  const { leaseTtl: ttlMs } = config.engine
  return [claimWork(source, { leases: store, clock, log, ttlMs, lookMs: Math.min(lookMs, everyMs) })]
}
