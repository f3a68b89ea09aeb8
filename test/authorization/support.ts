import { readFileSync } from 'node:fs'
import { createAuditLog } from '../../src/authorization/audit.ts'
import type { AuthorizationRequest } from '../../src/authorization/request.ts'
import { createDoor } from '../../src/authorization/door.ts'
import type { Shop } from '../../src/authorization/entities.ts'
import type { JudgeDeps } from '../../src/authorization/judge.ts'
import { createPeople } from '../../src/authorization/people.ts'
import { createGroups } from '../../src/authorization/groups.ts'
import type { Policy } from '../../src/authorization/policy.ts'
import { loadPolicy } from '../../src/authorization/policy.ts'
import type { Demand, Right } from '../../src/authorization/rights.ts'
import { createRedact } from '../../src/config/redact.ts'
import { configSchema } from '../../src/config/schema.ts'
import type { StoreReader, StoreWriter } from '../../src/ports/store.ts'
import { systemClock as clock } from '../../src/adapters/system/clock.ts'

/** A shop of two services and three tiers, of which `qa` says nothing about being protected. */
export const shop: Shop = configSchema.pick({ groups: true, services: true, tiers: true }).parse({
  groups: {
    backend: { users: ['UTEAM', 'UBOTH'] },
    frontend: { users: ['UFRONT'] },
    deployers: { users: ['UDEPLOY', 'UBOTH'] },
    admins: { users: ['UADMIN'] },
  },
  tiers: {
    staging: { fleet: { endpoints: ['http://127.0.0.1:49153'] } },
    production: { fleet: { endpoints: ['http://127.0.0.1:49154'] } },
    qa: { fleet: { endpoints: ['http://127.0.0.1:49155'] } },
  },
  services: {
    api: { team: 'backend', unit: 'api@.service' },
    web: { team: 'frontend', unit: 'web@.service' },
  },
})

export const shippedText = readFileSync(new URL('../../policy.cedar', import.meta.url), 'utf8')

/** Fails the test, with the problems, when the policy is refused. */
export function policyOf(text: string, of: Shop = shop): Policy {
  const loaded = loadPolicy(text, of)
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems, null, 2))
  return loaded.policy
}

export const groupsOf = (of: Shop = shop) =>
  createGroups({ groups: of.groups, directory: { members: async () => null }, clock })

/** A chat that knows nobody. */
const noPeople = createPeople({ directory: { person: async () => null, home: async () => null }, clock })

/** Everything that a judge needs, with the shipped policy unless given. */
export const judging = (more: Partial<JudgeDeps> = {}): JudgeDeps => ({
  policy: policyOf(shippedText),
  groups: groupsOf(),
  people: noPeople,
  teams: {},
  ...more,
})

/** Patient, unless told otherwise: a busy machine is no store that is away. */
export function doorAt(store: StoreReader & StoreWriter, answerMs = 20_000, more: Partial<JudgeDeps> = {}) {
  const audit = createAuditLog({ store, clock })
  const denials = createAuditLog({ store, clock, chain: 'denials' })
  const redact = createRedact(['hunter2-hunter2'])
  return {
    audit,
    denials,
    door: createDoor({ ...judging(more), audit, denials, clock, redact, answerMs }),
  }
}

export const target = (service: string, tier: string) => ({ kind: 'target', target: { service, tier } }) as const

export function demand<R extends Right>(
  right: R,
  service: string,
  tier: string,
  owner: string | null = null,
  tag?: string,
): Demand<R> {
  return { right, scope: target(service, tier), owner, tag }
}

let requests = 0

/** A request of its own, by default to deploy the api to staging by a member of its team. */
export function request<R extends Right = 'deploy'>(
  more: Partial<AuthorizationRequest<R>> & Pick<AuthorizationRequest<R>, 'demands'>,
): AuthorizationRequest<R> {
  requests += 1
  return {
    actor: { id: 'UTEAM', name: 'ann' },
    command: 'deploy api staging',
    requestKey: `slash:${requests}`,
    source: 'slash',
    place: { channel: 'C1', thread: null },
    ...more,
  }
}
