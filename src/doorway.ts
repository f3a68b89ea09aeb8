import { createAuditLog } from './authorization/audit.ts'
import { createDoor, type Door } from './authorization/door.ts'
import { createGroups } from './authorization/groups.ts'
import { createPeople } from './authorization/people.ts'
import type { Policy } from './authorization/policy.ts'
import { createRightsReader, type RightsReader } from './authorization/rights-reader.ts'
import type { Config } from './config/schema.ts'
import type { Clock } from './ports/clock.ts'
import type { GroupDirectory } from './ports/groups.ts'
import type { PeopleDirectory } from './ports/people.ts'
import type { StoreReader, StoreWriter } from './ports/store.ts'
import type { Readers } from './services/capabilities.ts'
import { createWhyTagMoves } from './services/moving-tags.ts'

interface DoorwayParts {
  readonly config: Config
  readonly policy: Policy
  /** Answers or fails fast, while a person waits. */
  readonly store: StoreReader & StoreWriter
  readonly rollouts: Pick<Readers['rollouts'], 'history'>
  readonly directory: GroupDirectory
  readonly people: PeopleDirectory
  readonly clock: Clock
  readonly redact: (text: string) => string
}

/** The one door of the process, and the reader of rights that asks the same rules and policy. */
export function createDoorway(parts: DoorwayParts): { readonly door: Door; readonly rights: RightsReader } {
  const { config, policy, store, clock, redact } = parts
  const groups = createGroups({ groups: config.groups, directory: parts.directory, clock })
  const people = createPeople({ directory: parts.people, clock })
  const whyTagMoves = createWhyTagMoves({ listed: config.movingTags, store, rollouts: parts.rollouts })
  const judging = { policy, groups, people, teams: config.slack.teams, whyTagMoves }
  const audit = createAuditLog({ store, clock })
  return { door: createDoor({ ...judging, audit, clock, redact }), rights: createRightsReader(judging) }
}
