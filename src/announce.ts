import type { Config } from './config/schema.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import type { StoreLeases, StoreReader, StoreWriter } from './ports/store.ts'
import type { WebhookSender } from './ports/webhooks.ts'
import { announceWork } from './services/announce.ts'
import { createAnnounced } from './services/announced.ts'
import { claimWork } from './services/claimed-work.ts'

interface AnnouncingParts {
  readonly config: Config
  readonly stores: { readonly engine: StoreReader & StoreWriter & StoreLeases }
  /** Null: nobody outside is told. */
  readonly webhooks: WebhookSender | null
  readonly clock: Clock
  readonly log: Log
  readonly redact: (text: string) => string
  /** Names this process. */
  readonly driver: string
}

/** Tells receivers outside of rollouts, from `start` to `stop`. */
export function createAnnouncing(parts: AnnouncingParts, lookMs: number) {
  const { config, stores, webhooks: sender, clock, log, redact } = parts
  let work: ReturnType<typeof claimWork> | null = null
  return {
    start(): void {
      if (sender === null || config.webhooks.length === 0) return
      const announced = createAnnounced(stores.engine, parts.driver, () => clock.now())
      const source = announceWork({ webhooks: config.webhooks, announced, sender, clock, log, redact })
      work = claimWork(source, { leases: stores.engine, clock, log, ttlMs: config.engine.leaseTtl, lookMs })
    },
    async stop(withinMs: number): Promise<void> {
      await work?.stop(withinMs)
    },
  }
}
