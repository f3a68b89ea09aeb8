import type { WholeShop } from './entities.ts'
import type { Demand, Right, RollRight, Scope } from './rights.ts'

/** A question to the policy: whether somebody may do something, or read. */
export interface Question {
  readonly action: Right | 'read'
  readonly scope: Scope | WholeShop
  readonly owner: string | null
  readonly tag?: string | undefined
  /** As in a demand. */
  readonly rolls?: RollRight | undefined
}

export const questionOf = (demand: Demand): Question => ({
  action: demand.right,
  scope: demand.scope,
  owner: demand.owner,
  tag: demand.tag,
  rolls: demand.rolls,
})
