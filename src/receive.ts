import { buildsActor } from './authorization/rights.ts'
import { isProtected } from './authorization/entities.ts'
import type { Dispatch } from './command/dispatch.ts'
import type { Config } from './config/schema.ts'
import { buildWork } from './narrator/builds.ts'
import type { BuildHandlers } from './ports/builds.ts'
import type { ChatReader, ChatWriter } from './ports/chat.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import type { RegistryReader } from './ports/registry.ts'
import type { StoreLeases, StoreReader, StoreWriter } from './ports/store.ts'
import { createArrivals } from './services/arrivals.ts'
import { takeBuild } from './services/builds.ts'
import { claimWork } from './services/claimed-work.ts'

type Store = StoreReader & StoreWriter & StoreLeases

interface ReceiveParts {
  readonly config: Config
  readonly stores: {
    /** Answers or fails fast, while a sender waits. */
    readonly commands: Store
    /** Patient. */
    readonly engine: Store
  }
  readonly registry: RegistryReader | null
  readonly chat: ChatWriter & ChatReader
  readonly clock: Clock
  readonly log: Log
  /** Names this process. */
  readonly driver: string
  readonly dispatch: Dispatch
}

/** Takes in builds that arrive; `start` tells them, and deploys those that may deploy themselves. */
export function createReceiving(parts: ReceiveParts, lookMs: number) {
  const { config, stores, chat, clock, log, registry } = parts
  let work: ReturnType<typeof claimWork> | null = null
  const arrived: BuildHandlers['arrived'] = (build) =>
    takeBuild(build, { config, store: stores.commands, clock, created: () => work?.notice() })

  return {
    arrived,

    start(): void {
      // Without a way in there is nothing to look for.
      if (config.hooks === undefined) return
      const source = buildWork({
        config,
        store: stores.engine,
        arrivals: createArrivals(stores.engine, parts.driver, () => clock.now()),
        registry,
        chat,
        clock,
        log,
        take: arrived,
        isOpen: (tier) => !isProtected(config.tiers, tier),
        async deploy(command, place, key) {
          const reply = await parts.dispatch({ text: command, actor: buildsActor, place, key, source: 'hook' })
          return { outcome: reply.outcome, text: reply.message.text, rollouts: reply.rollouts }
        },
      })
      work = claimWork(source, { leases: stores.engine, clock, log, ttlMs: config.engine.leaseTtl, lookMs })
    },

    async stop(withinMs: number): Promise<void> {
      await work?.stop(withinMs)
    },
  }
}
