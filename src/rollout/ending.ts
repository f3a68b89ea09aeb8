import type { Fact } from '../domain/event.ts'
import type { HistoryRow } from '../domain/history.ts'
import { isWaiting, ownerOf, type Rollout } from '../domain/rollout.ts'
import type { Condition, Put, StoreReader } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import { counterRecord, currentRecord, followingRecord, historyRecord } from '../store/records.ts'

/** Part of one transaction. */
export interface Writes {
  readonly require: readonly Condition[]
  readonly puts: readonly Put[]
  readonly deletes: readonly string[]
}

/**
 * What belongs into the transaction that ends a rollout: the history rows, the free target, what follows. One that ends
 * while it waits leaves its place in the queue, and leaves the target to whom it belongs.
 */
export async function endingWrites(
  store: StoreReader,
  before: Pick<Rollout, 'phase'>,
  rollout: Rollout,
  facts: readonly Fact[],
): Promise<Writes> {
  const { plan, id } = rollout
  const counters = [keys.historyCounter(null), keys.historyCounter(plan)] as const
  const [all, own] = await Promise.all(counters.map((key) => store.get(key)))
  const allNumber = (all ? counterRecord.read(all).last : 0) + 1
  const ownNumber = (own ? counterRecord.read(own).last : 0) + 1
  const row = historyRecord.write(historyRow(rollout, facts))
  return {
    require: [asBefore(counters[0], all ?? null), asBefore(counters[1], own ?? null)],
    puts: [
      { key: counters[0], value: counterRecord.write({ last: allNumber }) },
      { key: counters[1], value: counterRecord.write({ last: ownNumber }) },
      { key: keys.historyAll(allNumber), value: row },
      { key: keys.history(plan, ownNumber), value: row },
      ...onSuccess(rollout),
    ],
    deletes: [isWaiting(before) ? keys.queued(plan, id) : keys.active(plan), keys.wish(id)],
  }
}

function onSuccess(rollout: Rollout): Put[] {
  const { plan, id, requestedBy, ending } = rollout
  const pointless = ending?.kind === 'cancelled' && ending.why === 'pointless'
  if (rollout.phase !== 'succeeded' && !pointless) return []
  // It replaced nothing that ran: what was last rolled out well is still that.
  if (plan.kind === 'scale') return []
  const at = rollout.endedAt ?? rollout.createdAt
  const release = plan.release?.to ?? null
  const current = currentRecord.write({ id, at, by: requestedBy, release })
  // A list of services goes on behind a rollout that had nothing more to do.
  const puts: Put[] = pointless ? [] : [{ key: keys.current(plan), value: current }]
  if (rollout.next.length > 0 && (plan.kind === 'deploy' || plan.kind === 'restart')) {
    const following = followingRecord.write({
      after: id,
      at: rollout.endedAt ?? rollout.createdAt,
      tier: plan.tier,
      next: rollout.next,
      kind: plan.kind,
      typed: rollout.typed,
      requestedBy: ownerOf(rollout),
      command: rollout.command,
      reason: rollout.reason,
      place: rollout.place,
    })
    puts.push({ key: keys.following(id), value: following })
  }
  return puts
}

function historyRow(rollout: Rollout, facts: readonly Fact[]): HistoryRow {
  const ended = facts.find((fact) => fact.kind === 'ended')
  return {
    id: rollout.id,
    kind: rollout.plan.kind,
    service: rollout.plan.service,
    tier: rollout.plan.tier,
    phase: rollout.phase,
    by: rollout.requestedBy,
    reason: rollout.reason,
    release: rollout.plan.release?.to ?? null,
    summary: ended?.reason ?? rollout.phase,
    instances: rollout.instances.length,
    replaced: rollout.instances.filter((one) => one.stage === 'done').length,
    createdAt: rollout.createdAt,
    begunAt: rollout.begunAt,
    endedAt: rollout.endedAt ?? rollout.createdAt,
  }
}
