import { setImmediate } from 'node:timers/promises'
import { explainDenial } from './denial.ts'
import type { Groups } from './groups.ts'
import type { Decision, Policy } from './policy.ts'
import type { Question } from './question.ts'
import type { Actor, Denial } from './rights.ts'

export type Verdict =
  | { readonly kind: 'allowed'; readonly policies: readonly string[] }
  | { readonly kind: 'denied'; readonly denial: Denial }

/** Asks the policy about a person, with the groups as they are now. Records nothing, changes nothing, never rejects. */
export interface Judge {
  judge(actor: Actor, question: Question): Promise<Verdict>
  /** Whether each is allowed, without the reasons. Others get their turn between two questions, of which there may be thousands. */
  allows(actor: Actor, questions: readonly Question[]): Promise<readonly boolean[]>
}

export function createJudge(deps: { readonly policy: Policy; readonly groups: Groups }): Judge {
  const { policy, groups } = deps
  return {
    async judge(actor, question) {
      const { groups: known, unknown } = await groups.of(actor.id)
      const decide = (more: readonly string[]): Decision =>
        policy.decide({ principal: { id: actor.id, groups: [...known, ...more] }, ...question })
      const decision = decide([])
      // A group that cannot be read may be one that a policy forbids something to: only what is allowed both with and
      // without it is allowed.
      const others = unknown.length > mostUnknown ? null : subsets(unknown).map(decide)
      if (decision.kind === 'allowed' && others?.every((other) => other.kind === 'allowed') === true) return decision
      const mightBeAllowed = others === null || [decision, ...others].some((other) => other.kind === 'allowed')
      const denial = await explainDenial({
        question,
        decision,
        policy,
        groups,
        unknown: mightBeAllowed ? unknown : [],
      })
      return { kind: 'denied', denial }
    },

    async allows(actor, questions) {
      const { groups: known, unknown } = await groups.of(actor.id)
      const memberships = unknown.length > mostUnknown ? null : [[], ...subsets(unknown)]
      const answers: boolean[] = []
      for (const question of questions) {
        const decide = (more: readonly string[]): Decision =>
          policy.decide({ principal: { id: actor.id, groups: [...known, ...more] }, ...question })
        answers.push(memberships?.every((more) => decide(more).kind === 'allowed') ?? false)
        // A decision takes 0.3 ms and is not to be interrupted: a shop of 100 services would be deaf for a second.
        await setImmediate()
      }
      return answers
    },
  }
}

const mostUnknown = 6

/** All but the empty one. */
function subsets(names: readonly string[]): string[][] {
  const sets: string[][] = [[]]
  for (const name of names) sets.push(...sets.map((set) => [...set, name]))
  return sets.slice(1)
}
