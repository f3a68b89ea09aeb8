import type { Door } from './authorization/door.ts'
import type { Config } from './config/schema.ts'
import type { Rollout } from './domain/rollout.ts'
import type { Target } from './domain/target.ts'
import { remind } from './narrator/reminders.ts'
import type { ChatWriter } from './ports/chat.ts'
import type { Clock } from './ports/clock.ts'
import type { Incoming } from './ports/incoming.ts'
import type { Log } from './ports/log.ts'
import type { StoreReader, StoreWriter } from './ports/store.ts'
import type { QueueLimits } from './rollout/create.ts'
import type { Readers } from './services/capabilities.ts'
import { pruneBuilds } from './services/builds.ts'
import { followUp } from './services/follow-up.ts'
import { repeat } from './services/repeat.ts'
import { prune } from './services/retention.ts'

const followEveryMs = 1000
const pruneEveryMs = 600_000
const remindEveryMs = 60_000

interface ChoreParts {
  readonly config: Config
  /** Patient. */
  readonly store: StoreReader & StoreWriter
  readonly chat: ChatWriter
  readonly clock: Clock
  readonly log: Log
  readonly door: Door
  readonly planner: Readers['planner']
  readonly limits: QueueLimits
  readonly targets: readonly Target[]
  readonly knows: (target: Target) => boolean
  /** Where closing lines of a tier go. */
  readonly historyChannel: (tier: string) => string
  readonly allLive: () => Promise<readonly Rollout[]>
  /** There is a new rollout. */
  readonly created: () => void
  readonly newKey: () => string
}

/** What each process looks after again and again, until the signal aborts. Each may be done by several at once. */
export function startChores(parts: ChoreParts, signal: AbortSignal): void {
  const { config, store, chat, clock, log } = parts
  const every = (what: string, everyMs: number, work: () => Promise<unknown>): void =>
    repeat(what, everyMs, work, { clock, log, signal })
  const tell = async (place: Incoming['place'], text: string): Promise<boolean> => {
    const result = await chat.post(place, { text, sections: [{ kind: 'text', text }] }, { urgent: true })
    return result.kind === 'posted' || result.kind === 'place-closed'
  }
  every('look for what follows', followEveryMs, () => followUp({ ...parts, tell, open: parts.door.open }))
  every('prune old rollouts', pruneEveryMs, () => prune(store, parts.targets, config.retention.rollouts))
  const services = Object.keys(config.services)
  every('prune old builds', pruneEveryMs, () => pruneBuilds(store, services, config.retention.builds))
  every('remind of what is held', remindEveryMs, () => remind({ ...parts, everyMs: config.reminders.every }))
}
