import type { Plan } from '../domain/plan.ts'
import type { Rollout, Typed } from '../domain/rollout.ts'
import { isSameRequest } from '../domain/same-request.ts'
import type { Entry, StoreReader } from '../ports/store.ts'
import { keys } from '../store/keys.ts'
import { UnreadableRecord } from '../store/record.ts'
import { rolloutRecord, wishesRecord } from '../store/records.ts'
import { queueOf, runningOn, yields, type Line } from './line.ts'
import type { NewRollout } from './new-rollout.ts'

/**
 * The rollout that would do just this: the last one in line, or the live one when nobody waits. What comes before the last
 * in line is done over again by the last one. What cannot be read is another one.
 */
export async function sameInLine(
  store: StoreReader,
  line: Line,
  asked: NewRollout,
  asksToo: boolean,
): Promise<Rollout | null> {
  if (asked.retryOf !== null || asked.following !== null) return null
  const last = queueOf(line, asked.plan).findLast((one) => asksToo || !yields(one))
  const id = last?.id ?? runningOn(line, asked.plan)
  if (id === null || id instanceof UnreadableRecord) return null
  const [entry, wish] = await Promise.all([store.get(keys.rollout(id)), store.get(keys.wish(id))])
  const rollout = entry === null ? null : readable(entry)
  if (rollout === null || isLeaving(rollout, wish)) return null
  return isSameRequest(rollout, asked) || isSamePlan(rollout, asked) ? rollout : null
}

/** It ends before it has done what was asked for: aborted, failing, or rolled back. */
function isLeaving({ ending, rollback }: Rollout, wish: Entry | null): boolean {
  if (ending !== null || rollback !== null) return true
  try {
    return wish !== null && wishesRecord.read(wish).abort !== null
  } catch {
    return true
  }
}

/** Of one that waits: the same plan, made from the same words. */
function isSamePlan({ plan, waiting, typed, next, retryOf }: Rollout, asked: NewRollout): boolean {
  if (waiting === null || retryOf !== null) return false
  const known = JSON.stringify(sameness(plan, waiting, typed, next))
  return known === JSON.stringify(sameness(asked.plan, asked, asked.typed, asked.next))
}

const sameness = (
  plan: Plan,
  { ask, force }: Pick<NewRollout, 'ask' | 'force'>,
  typed: Typed,
  next: readonly string[],
) => [
  [plan.hash, ask.kind, ask.to, ask.units, ask.preparedBy, ask.batch, ask.canary, ask.only, force],
  [typed.batch, typed.canary, typed.force],
  next,
]

function readable(entry: Entry): Rollout | null {
  try {
    return rolloutRecord.read(entry)
  } catch {
    return null
  }
}
