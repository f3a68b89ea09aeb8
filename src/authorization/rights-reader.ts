import type { Readers } from '../services/capabilities.ts'
import type { Groups } from './groups.ts'
import { createJudge, type Verdict } from './judge.ts'
import { questionOf } from './question.ts'
import type { Policy } from './policy.ts'
import type { Actor, Denial } from './rights.ts'

/** What `can` and `whoami` ask, and whether somebody may read at all. Records nothing, grants nothing, never rejects. */
export type RightsReader = Readers['rights'] & {
  /** Null: this person may use the commands that only look. */
  readingRefusal(actor: Actor): Promise<Denial | null>
}

export function createRightsReader(deps: { readonly policy: Policy; readonly groups: Groups }): RightsReader {
  const judge = createJudge(deps)
  const denialIn = (verdict: Verdict): Denial | null => (verdict.kind === 'denied' ? verdict.denial : null)
  return {
    groupsOf: async (actor) => (await deps.groups.of(actor.id)).groups,
    refusal: async (actor, demand) => denialIn(await judge.judge(actor, questionOf(demand))),
    allowed: (actor, demands) => judge.allows(actor, demands.map(questionOf)),
    readingRefusal: async (actor) =>
      denialIn(await judge.judge(actor, { action: 'read', scope: { kind: 'shop' }, owner: null })),
  }
}
