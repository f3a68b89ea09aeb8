import { setImmediate } from 'node:timers/promises'
import { explainDenial, type Unread } from './denial.ts'
import { principalFor } from './entities.ts'
import type { Groups } from './groups.ts'
import { movingTagDenial, type WhyTagMoves } from './moving-tag.ts'
import { noTraits, type People, type Traits } from './people.ts'
import type { Policy } from './policy.ts'
import type { Question } from './question.ts'
import type { Actor, Denial } from './rights.ts'
import { entryRuling, rule, type OtherTeams, type Ruling } from './rules.ts'

export type Verdict =
  | { readonly kind: 'allowed'; readonly policies: readonly string[] }
  | { readonly kind: 'denied'; readonly denial: Denial }

/** Asks the door's rules and the policy about a person, with the groups as they are now. Changes nothing, never rejects. */
export interface Judge {
  judge(actor: Actor, question: Question): Promise<Verdict>
  /** Whether each is allowed, without the reasons. Others get their turn between two questions, of which there may be thousands. */
  allows(actor: Actor, questions: readonly Question[]): Promise<readonly boolean[]>
}

export interface JudgeDeps {
  readonly policy: Policy
  readonly groups: Groups
  readonly people: People
  readonly teams: OtherTeams
  /** Tags that move are not deployed; none unless given. */
  readonly whyTagMoves?: WhyTagMoves
}

export function createJudge(deps: JudgeDeps): Judge {
  const { policy, groups, people, teams, whyTagMoves = async () => null } = deps

  /** Null when the chat does not say; placeholders where no policy asks. */
  const traitsOf = async (actor: Actor): Promise<Traits | null> =>
    policy.asksAboutPeople && actor.kind !== 'builds' ? people.traitsOf(actor) : noTraits

  return {
    async judge(actor, question) {
      const refused = entryRuling(principalFor(actor, [], null), question.action, teams)
      if (refused !== null) return denied(actor, question, refused, nothingUnread, deps)
      const [{ groups: known, unknown }, traits] = await Promise.all([groups.of(actor.id), traitsOf(actor)])
      const decide = (more: readonly string[]): Ruling =>
        rule(policy, teams, principalFor(actor, [...known, ...more], traits), question)
      const ruling = decide([])
      const personUnread = traits === null
      // A group that cannot be read may be one that a policy forbids something to: only what is allowed both with and
      // without it is allowed. The same holds for a person of whom nothing could be read.
      const others = unknown.length > mostUnknown ? null : subsets(unknown).map(decide)
      const allowedAnyway = ruling.kind === 'allowed' && others?.every((other) => other.kind === 'allowed') === true
      if (allowedAnyway && !personUnread) {
        const moving = await movingTagDenial(question, whyTagMoves)
        return moving === null ? { kind: 'allowed', policies: ruling.policies } : { kind: 'denied', denial: moving }
      }
      const mightBeAllowed =
        others === null || personUnread || [ruling, ...others].some((other) => other.kind === 'allowed')
      return denied(
        actor,
        question,
        ruling,
        mightBeAllowed ? { groups: unknown, person: personUnread } : nothingUnread,
        deps,
      )
    },

    async allows(actor, questions) {
      const [{ groups: known, unknown }, traits] = await Promise.all([groups.of(actor.id), traitsOf(actor)])
      const memberships = unknown.length > mostUnknown || traits === null ? null : [[], ...subsets(unknown)]
      const answers: boolean[] = []
      for (const question of questions) {
        const decide = (more: readonly string[]): Ruling =>
          rule(policy, teams, principalFor(actor, [...known, ...more], traits), question)
        answers.push(memberships?.every((more) => decide(more).kind === 'allowed') ?? false)
        // A decision takes 0.3 ms and is not to be interrupted: a shop of 100 services would be deaf for a second.
        await setImmediate()
      }
      return answers
    },
  }
}

const nothingUnread: Unread = { groups: [], person: false }

async function denied(
  actor: Actor,
  question: Question,
  ruling: Ruling,
  unread: Unread,
  deps: JudgeDeps,
): Promise<Verdict> {
  return { kind: 'denied', denial: await explainDenial({ actor, question, ruling, unread, ...deps }) }
}

const mostUnknown = 6

/** All but the empty one. */
function subsets(names: readonly string[]): string[][] {
  const sets: string[][] = [[]]
  for (const name of names) sets.push(...sets.map((set) => [...set, name]))
  return sets.slice(1)
}
