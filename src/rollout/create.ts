import type { Fact } from '../domain/event.ts'
import { lockExpired, type Lock } from '../domain/lock.ts'
import type { Pin } from '../domain/pin.ts'
import type { Rollout, WaitsFor } from '../domain/rollout.ts'
import type { Stop } from '../domain/stop.ts'
import type { Target } from '../domain/target.ts'
import { waitsForText } from '../domain/waiting-text.ts'
import type { Clock } from '../ports/clock.ts'
import type { Entry, StoreReader, StoreWriter } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import {
  counterRecord,
  eventRecord,
  lockRecord,
  pinRecord,
  placeRecord,
  pointerRecord,
  rolloutRecord,
  stopRecord,
} from '../store/records.ts'
import { readTargets } from '../store/target-pages.ts'
import type { Writes } from './ending.ts'
import { failureObstacle, failuresAfter, failuresBehind } from './failed-before.ts'
import { lineIn, queueOf, turnOf } from './line.ts'
import { newRollout, type NewRollout } from './new-rollout.ts'
import { sameInLine } from './same-in-line.ts'

export interface QueueLimits {
  /** How many rollouts may run at once in a tier; null for any number. */
  atOnce(tier: string): number | null
  /** How many may wait on one target. */
  readonly length: number
  /** What becomes of those that wait when a rollout of their target fails. */
  readonly afterFailure: 'ask' | 'start'
}

export type Created =
  | { readonly kind: 'created'; readonly id: number }
  | { readonly kind: 'repeated'; readonly id: number }
  /** It waits, and begins by itself. */
  | { readonly kind: 'queued'; readonly id: number; readonly for: WaitsFor }
  /** One that is just the same is under way or waits already, and nothing was created. */
  | { readonly kind: 'joined'; readonly rollout: Rollout }
  /** It would have to wait, and no more may. */
  | { readonly kind: 'full'; readonly for: WaitsFor; readonly waiting: readonly number[] }
  | { readonly kind: 'locked'; readonly lock: Lock }
  | { readonly kind: 'stopped'; readonly stop: Stop }
  | { readonly kind: 'pinned'; readonly pin: Pin }

/**
 * Writes a rollout and its first event, and either its hold on the target or, when it must wait, its place in the queue,
 * in one transaction. That also compares the locks as they were read: a lock taken a moment before wins. Throws
 * `StoreUnavailable` and `UnreadableRecord`.
 */
export async function createRollout(
  store: StoreReader & StoreWriter,
  clock: Clock,
  asked: NewRollout,
  limits: QueueLimits,
): Promise<Created> {
  const { plan } = asked
  for (;;) {
    // The counters first: whatever joins the line or begins behind this moment changes one of them.
    const [counter, starts, after] = await Promise.all([
      store.get(keys.rolloutCounter),
      store.get(keys.startCounter(plan.tier)),
      failuresAfter(store, plan, asked.asker),
    ])
    const [entries, tierLock, targetLock, retried] = await Promise.all([
      readTargets(store, keys.targetsIn(plan.tier)),
      store.get(keys.tierLock(plan.tier)),
      store.get(keys.targetLock(plan)),
      asked.retryOf === null ? null : store.get(keys.retried(asked.retryOf)),
    ])
    // A stop is for everybody: whoever takes it back first is let in, and nobody before.
    const stopped = await store.get(keys.stop(plan.tier))
    const stop = stopped === null ? null : stopRecord.read(stopped)
    const pinned = await store.get(keys.pin(plan))
    const pin = pinned === null ? null : pinRecord.read(pinned)
    if (retried !== null) return { kind: 'repeated', id: pointerRecord.read(retried).id }
    if (stop?.kind === 'stop') return { kind: 'stopped', stop }
    if (pin !== null && plan.release !== null && plan.release.to.digest !== pin.release.digest)
      return { kind: 'pinned', pin }
    for (const entry of [tierLock, targetLock]) {
      if (entry === null) continue
      const lock = lockRecord.read(entry)
      if (lock.by.id !== asked.requestedBy.id && !lockExpired(lock, clock.now())) return { kind: 'locked', lock }
    }
    const line = lineIn(entries, plan.tier)
    const id = (counter === null ? 0 : counterRecord.read(counter).last) + 1
    const turn = turnOf(line, plan, id, limits.atOnce(plan.tier))
    const waits = turn.kind === 'now' ? await confirmation(store, asked, after, limits) : turn
    if (waits !== null) {
      const queue = queueOf(line, plan)
      const same = await sameInLine(store, line, asked, waits.kind === 'yes')
      if (same !== null) return { kind: 'joined', rollout: same }
      if (queue.length >= limits.length) return { kind: 'full', for: waits, waiting: queue.map((one) => one.id) }
    }
    const now = clock.now()
    const rollout = newRollout(id, asked, waits === null ? null : { for: waits, failuresAfter: after }, now)
    const place = {
      id,
      stuck: waits?.kind === 'yes',
      yes: null,
      ...(waits?.kind === 'yes' ? { yields: true as const } : {}),
    }
    const result = await store.commit({
      require: [
        asBefore(keys.rolloutCounter, counter),
        asBefore(keys.stop(plan.tier), stopped),
        asBefore(keys.tierLock(plan.tier), tierLock),
        asBefore(keys.targetLock(plan), targetLock),
        asBefore(keys.pin(plan), pinned),
        { kind: 'absent', key: keys.rollout(id) },
        ...(waits === null ? beginning(plan, id, starts).require : []),
        ...(asked.retryOf === null ? [] : [{ kind: 'absent', key: keys.retried(asked.retryOf) } as const]),
        ...(asked.following === null ? [] : [asBefore(asked.following.key, asked.following)]),
      ],
      puts: [
        { key: keys.rollout(id), value: rolloutRecord.write(rollout) },
        { key: keys.rolloutCounter, value: counterRecord.write({ last: id }) },
        {
          key: keys.event(id, 1),
          value: eventRecord.write({ rollout: id, seq: 1, at: now, fact: firstFact(rollout) }),
        },
        ...(waits === null
          ? beginning(plan, id, starts).puts
          : [{ key: keys.queued(plan, id), value: placeRecord.write(place) }]),
        { key: keys.telling(id), value: pointerRecord.write({ id }) },
        ...(asked.retryOf === null ? [] : [{ key: keys.retried(asked.retryOf), value: pointerRecord.write({ id }) }]),
      ],
      deletes: asked.following === null ? [] : [asked.following.key],
    })
    if (result.kind === 'committed') {
      return waits === null ? { kind: 'created', id } : { kind: 'queued', id, for: waits }
    }
    if (asked.following !== null && !result.entries.some((entry) => entry.key === asked.following?.key)) {
      throw new Error(`Another process took up the note ${asked.following.key} first`)
    }
  }
}

/** What makes a rollout the one that rolls on its target: nobody else does, and nobody else of its tier begins just now. */
export function beginning(target: Target, id: number, starts: Entry | null): Omit<Writes, 'deletes'> {
  const key = keys.startCounter(target.tier)
  return {
    require: [{ kind: 'absent', key: keys.active(target) }, asBefore(key, starts)],
    puts: [
      { key: keys.active(target), value: pointerRecord.write({ id }) },
      { key, value: counterRecord.write({ last: (starts === null ? 0 : counterRecord.read(starts).last) + 1 }) },
    ],
  }
}

/** What nobody has confirmed since a failure on its target waits for a yes, though it is its turn. */
async function confirmation(
  store: StoreReader,
  { plan, asker }: NewRollout,
  after: number,
  { afterFailure }: QueueLimits,
): Promise<Extract<WaitsFor, { kind: 'yes' }> | null> {
  if (afterFailure === 'start' || asker.kind === 'person') return null
  const obstacle = failureObstacle(await failuresBehind(store, plan, after))
  return obstacle === null ? null : { kind: 'yes', hash: plan.hash, obstacles: [obstacle] }
}

function firstFact(rollout: Rollout): Fact {
  const { requestedBy: by, retryOf, waiting, plan, instances } = rollout
  if (waiting === null) return { kind: 'accepted', by, retryOf }
  const reason = waitsForText(waiting.for, plan.tier)
  const asks = waiting.for.kind === 'yes' ? { asks: true as const } : {}
  return { kind: 'queued', by, retryOf, hash: plan.hash, instances: instances.length, reason, ...asks }
}
