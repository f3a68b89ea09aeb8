import type { Readers } from '../services/capabilities.ts'
import { refusedAtEntry } from './denial-text.ts'
import { principalFor } from './entities.ts'
import type { Verdict } from './judge.ts'
import { createJudge, type JudgeDeps } from './judge.ts'
import { questionOf } from './question.ts'
import type { Actor, Denial } from './rights.ts'
import { entryRuling } from './rules.ts'

/** Answers `can` and `whoami`, and whether somebody may read at all. Records nothing, grants nothing, never rejects. */
export type RightsReader = Readers['rights'] & {
  /** Null: this person may use the commands that only look. */
  readingRefusal(actor: Actor): Promise<Denial | null>
  /** The part of that refusal that asks nobody: the person may not even ask. Null for anybody who may. */
  entryRefusal(actor: Actor): Denial | null
}

export function createRightsReader(deps: JudgeDeps): RightsReader {
  const judge = createJudge(deps)
  const denialIn = (verdict: Verdict): Denial | null => (verdict.kind === 'denied' ? verdict.denial : null)
  return {
    groupsOf: async (actor) => (await deps.groups.of(actor.id)).groups,
    refusal: async (actor, demand) => denialIn(await judge.judge(actor, questionOf(demand))),
    allowed: (actor, demands) => judge.allows(actor, demands.map(questionOf)),
    readingRefusal: async (actor) =>
      denialIn(await judge.judge(actor, { action: 'read', scope: { kind: 'shop' }, owner: null })),
    entryRefusal(actor) {
      const ruling = entryRuling(principalFor(actor, [], null), 'read', deps.teams)
      return ruling === null ? null : refusedAtEntry(ruling)
    },
  }
}
