import type { Principal } from './entities.ts'
import type { Decision, Policy } from './policy.ts'
import type { Question } from './question.ts'
import { proceedingRights, stoppingRights, type RollRight } from './rights.ts'

/**
 * The door's own rules. They hold whatever the policy says, because the policy is a file that users copy and change.
 *
 * - The principal's id must have the shape that its kind has.
 * - A person of another organisation may do nothing unless the configuration names that organisation.
 * - Owning a rollout never replaces the right to roll out: a rollout only proceeds for a person who may roll it out.
 * - The owner of a rollout may pause and abort it, unless the policy forbids it.
 */

/** What the configuration lets people of another organisation do (`slack.teams`), by the id of their team. */
export type OtherTeams = Readonly<Record<string, 'read' | 'all'>>

/** The principal may not even ask. */
export type EntryRuling =
  /** The id is not one that the chat gives to people. */
  | { readonly kind: 'no-person' }
  /** `may` is what the configuration lets people of that team do; null when it does not name the team. */
  | { readonly kind: 'other-organisation'; readonly team: string; readonly may: 'read' | null }

export type Ruling =
  | Decision
  | EntryRuling
  /** The policy permits the action itself, but not to roll out. `decision` is what it says to that. */
  | { readonly kind: 'may-not-roll-out'; readonly right: RollRight; readonly decision: Decision }

/** The name under which records show that an owner stopped their own rollout by the door's rule. */
export const ownerStopsRule = 'door-owner-stops'

/** Slack's ids of people (https://docs.slack.dev/reference/objects/user-object). */
const isPersonId = (id: string): boolean => /^[UW][A-Z0-9]{1,40}$/.test(id)

/** The rule that refuses this principal before any policy is asked; null when none does. Pure. */
export function entryRuling(principal: Principal, action: Question['action'], teams: OtherTeams): EntryRuling | null {
  if (principal.kind === 'builds') return null
  if (!isPersonId(principal.id)) return { kind: 'no-person' }
  if (principal.otherTeam === undefined) return null
  const team = principal.otherTeam
  const may = Object.hasOwn(teams, team) ? (teams[team] ?? null) : null
  if (may === 'all' || (may === 'read' && action === 'read')) return null
  return { kind: 'other-organisation', team, may: may === null ? null : 'read' }
}

/** What the door's rules and the policy say together. Pure; at most two questions to the policy. */
export function rule(policy: Policy, teams: OtherTeams, principal: Principal, question: Question): Ruling {
  const refused = entryRuling(principal, question.action, teams)
  if (refused !== null) return refused
  const { rolls = 'deploy', ...asked } = question
  const decision = policy.decide({ principal, ...asked })
  if (decision.kind === 'not-permitted' && isOneOf(stoppingRights, asked.action) && asked.owner === principal.id) {
    return { kind: 'allowed', policies: [ownerStopsRule] }
  }
  if (decision.kind !== 'allowed' || !isOneOf(proceedingRights, asked.action)) return decision
  const rollsOut = policy.decide({ principal, ...asked, action: rolls, owner: null })
  if (rollsOut.kind !== 'allowed') return { kind: 'may-not-roll-out', right: rolls, decision: rollsOut }
  return { kind: 'allowed', policies: [...new Set([...decision.policies, ...rollsOut.policies])].sort() }
}

const isOneOf = (list: readonly string[], action: string): boolean => list.includes(action)
