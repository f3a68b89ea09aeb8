import type { Fact } from '../domain/event.ts'
import { lockExpired, type Lock } from '../domain/lock.ts'
import type { Pin } from '../domain/pin.ts'
import type { Plan } from '../domain/plan.ts'
import type { Rollout, Typed, WaitsFor } from '../domain/rollout.ts'
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
import type { Writes } from './ending.ts'
import { lineIn, queueOf, turnOf } from './line.ts'
import { newRollout, type NewRollout } from './new-rollout.ts'

export interface QueueLimits {
  /** How many rollouts may run at once in a tier; null for any number. */
  atOnce(tier: string): number | null
  /** How many may wait on one target. */
  readonly length: number
}

export type Created =
  | { readonly kind: 'created'; readonly id: number }
  | { readonly kind: 'repeated'; readonly id: number }
  /** It waits, and begins by itself. */
  | { readonly kind: 'queued'; readonly id: number; readonly for: WaitsFor }
  /** One that is just the same waits already, and nothing was created. */
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
    const [counter, starts] = await Promise.all([
      store.get(keys.rolloutCounter),
      store.get(keys.startCounter(plan.tier)),
    ])
    const [page, tierLock, targetLock, retried] = await Promise.all([
      store.range(keys.targetsIn(plan.tier)),
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
    const line = lineIn(page.entries, plan.tier)
    const id = (counter === null ? 0 : counterRecord.read(counter).last) + 1
    const turn = turnOf(line, plan, id, limits.atOnce(plan.tier))
    if (turn.kind !== 'now') {
      const queue = queueOf(line, plan).map((one) => one.id)
      const same = await sameIn(store, queue, asked)
      if (same !== null) return { kind: 'joined', rollout: same }
      if (queue.length >= limits.length) return { kind: 'full', for: turn, waiting: queue }
    }
    const now = clock.now()
    const rollout = newRollout(id, asked, turn.kind === 'now' ? null : turn, now)
    const result = await store.commit({
      require: [
        asBefore(keys.rolloutCounter, counter),
        asBefore(keys.stop(plan.tier), stopped),
        asBefore(keys.tierLock(plan.tier), tierLock),
        asBefore(keys.targetLock(plan), targetLock),
        asBefore(keys.pin(plan), pinned),
        { kind: 'absent', key: keys.rollout(id) },
        ...(turn.kind === 'now' ? beginning(plan, id, starts).require : []),
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
        ...(turn.kind === 'now'
          ? beginning(plan, id, starts).puts
          : [{ key: keys.queued(plan, id), value: placeRecord.write({ id, stuck: false, yes: null }) }]),
        { key: keys.telling(id), value: pointerRecord.write({ id }) },
        ...(asked.retryOf === null ? [] : [{ key: keys.retried(asked.retryOf), value: pointerRecord.write({ id }) }]),
      ],
      deletes: asked.following === null ? [] : [asked.following.key],
    })
    if (result.kind === 'committed') {
      return turn.kind === 'now' ? { kind: 'created', id } : { kind: 'queued', id, for: turn }
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

/** Of those that wait, the one that would do just this. What cannot be read is another one. */
async function sameIn(store: StoreReader, queue: readonly number[], asked: NewRollout): Promise<Rollout | null> {
  if (asked.retryOf !== null || asked.following !== null) return null
  const entries = await Promise.all(queue.map((id) => store.get(keys.rollout(id))))
  const wanted = JSON.stringify(sameness(asked.plan, asked, asked.typed, asked.next))
  for (const entry of entries) {
    const rollout = entry === null ? null : readable(entry)
    if (rollout === null || rollout.waiting === null || rollout.retryOf !== null) continue
    const { plan, waiting, typed, next } = rollout
    if (JSON.stringify(sameness(plan, waiting, typed, next)) === wanted) return rollout
  }
  return null
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

function firstFact(rollout: Rollout): Fact {
  const { requestedBy: by, retryOf, waiting, plan, instances } = rollout
  if (waiting === null) return { kind: 'accepted', by, retryOf }
  const reason = waitsForText(waiting.for, plan.tier)
  return { kind: 'queued', by, retryOf, hash: plan.hash, instances: instances.length, reason }
}
