import { createAuditAlarm } from './authorization/audit-alarm.ts'
import { createAuditLog, type AuditLog } from './authorization/audit.ts'
import { createAuditReader, type AuditReader } from './authorization/audit-reader.ts'
import { chainNames, type ChainName } from './authorization/chain.ts'
import { createDoor, type Door } from './authorization/door.ts'
import { createGroups } from './authorization/groups.ts'
import { createPeople } from './authorization/people.ts'
import type { Policy } from './authorization/policy.ts'
import { keepAuditBounded } from './authorization/retention.ts'
import { recordedActor, type Actor } from './authorization/rights.ts'
import { createRightsReader, type RightsReader } from './authorization/rights-reader.ts'
import { watchChain } from './authorization/watch-chain.ts'
import type { Refusals, Throttle } from './command/throttle.ts'
import type { Config } from './config/schema.ts'
import type { ChatWriter } from './ports/chat.ts'
import type { Clock } from './ports/clock.ts'
import type { GroupDirectory } from './ports/groups.ts'
import type { Log } from './ports/log.ts'
import type { PeopleDirectory } from './ports/people.ts'
import type { StoreReader, StoreWriter } from './ports/store.ts'
import type { Readers } from './services/capabilities.ts'
import { createWhyTagMoves } from './services/moving-tags.ts'
import { repeat } from './services/repeat.ts'

type Store = StoreReader & StoreWriter

interface DoorwayParts {
  readonly config: Config
  readonly policy: Policy
  readonly stores: {
    /** Answers or fails fast, while a person waits. */
    readonly commands: Store
    /** Patient. */
    readonly engine: Store
  }
  readonly rollouts: Pick<Readers['rollouts'], 'history'>
  readonly directory: GroupDirectory
  readonly people: PeopleDirectory
  readonly chat: ChatWriter
  readonly clock: Clock
  readonly log: Log
  readonly redact: (text: string) => string
}

export interface Doorway {
  readonly door: Door
  readonly rights: RightsReader
  readonly audit: AuditReader
  /** Keeps the audit log bounded, watches over it, and records what the throttle refused, until the signal aborts. */
  start(throttle: Pick<Throttle<Actor>, 'takeRefusals'>, signal: AbortSignal): void
}

const alarmEveryMs = 10_000
const refusalsEveryMs = 60_000

/** The one door of the process, the reader of rights that asks the same rules and policy, and the audit log behind both. */
export function createDoorway(parts: DoorwayParts): Doorway {
  const { config, policy, stores, chat, clock, log, redact } = parts
  const groups = createGroups({ groups: config.groups, directory: parts.directory, clock })
  const people = createPeople({ directory: parts.people, clock })
  const whyTagMoves = createWhyTagMoves({
    listed: config.movingTags,
    store: stores.commands,
    rollouts: parts.rollouts,
  })
  const judging = { policy, groups, people, teams: config.slack.teams, whyTagMoves }
  const place = { channel: config.slack.historyChannel, thread: null }
  const alarm = createAuditAlarm({
    store: stores.engine,
    log,
    async tell(text) {
      const result = await chat.post(place, { text, sections: [{ kind: 'text', text }] }, { urgent: true })
      return result.kind === 'posted' || result.kind === 'place-closed'
    },
  })
  const logOf = (chain: ChainName): AuditLog =>
    createAuditLog({ store: stores.commands, clock, chain, disturbed: (why) => alarm.raise(chain, why) })
  const chains = { grants: logOf('grants'), denials: logOf('denials') }
  const keep = { grants: config.retention.audit, denials: config.retention.denials }

  return {
    door: createDoor({ ...judging, audit: chains.grants, denials: chains.denials, clock, redact }),
    rights: createRightsReader(judging),
    audit: createAuditReader(stores.engine),
    start(throttle, signal) {
      const warn = (message: string): void => log.warn({}, message)
      for (const chain of chainNames) {
        void keepAuditBounded({ audit: chains[chain], clock, keep: keep[chain], warn, signal })
        const found = (why: string): void => alarm.raise(chain, why)
        void watchChain({ store: stores.engine, chain, clock, found, signal })
      }
      repeat('tell of changes of the audit log', alarmEveryMs, () => alarm.tellWaiting(), { clock, log, signal })
      const record = (): Promise<void> => recordRefusals(throttle.takeRefusals(), chains.denials, log)
      repeat('record what was refused', refusalsEveryMs, record, { clock, log, signal })
    },
  }
}

/** One record for each person, however many commands were refused. */
async function recordRefusals(refusals: readonly Refusals<Actor>[], denials: AuditLog, log: Log): Promise<void> {
  for (const { person, count, from, to } of refusals) {
    log.warn({ user: person.id, count }, 'commands were refused: too many at once')
    await denials.append({ kind: 'turned-away', actor: recordedActor(person), count, from, to })
  }
}
