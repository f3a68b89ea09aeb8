import type { WholeShop } from './entities.ts'
import type { Demand, Right, Scope } from './rights.ts'

/** A question to the policy: whether a person has a right, or may read. */
export interface Question {
  readonly action: Right | 'read'
  readonly scope: Scope | WholeShop
  readonly owner: string | null
  readonly tag?: string | undefined
}

export const questionOf = (demand: Demand): Question => ({
  action: demand.right,
  scope: demand.scope,
  owner: demand.owner,
  tag: demand.tag,
})
