import { isOver } from '../../../src/domain/rollout.ts'
import { keys } from '../../../src/store/keys.ts'
import { lockRecord, placeRecord, stopRecord, wishesRecord, type PersonalWishes } from '../../../src/store/records.ts'
import type { ModelWorld } from './world.ts'

/** What people want, put where their commands put it, at once. */

const bob = { id: 'U2', name: 'bob' }
const target = { service: 'api', tier: 'production' }
const none: PersonalWishes = { abort: null, pause: null, take: null, go: null }

const word = (world: ModelWorld) => ({ by: bob, reason: null, at: Math.round(world.timeline.now), audit: 1 })

function put(world: ModelWorld, key: string, value: string): void {
  world.etcd.commit({ require: [], puts: [{ key, value }] }, 'people')
}

/** Of the oldest rollout that is not over. */
function wish(world: ModelWorld, change: (now: PersonalWishes) => PersonalWishes): void {
  const live = world.witness.rollouts().find((one) => !isOver(one))
  if (live === undefined) return
  const key = keys.wish(live.id)
  const entry = world.etcd.get(key)
  put(world, key, wishesRecord.write(change(entry === null ? none : wishesRecord.read(entry))))
}

export const abort = (world: ModelWorld): void =>
  wish(world, (now) => (now.abort === null ? { ...now, abort: word(world) } : now))

export const pause = (world: ModelWorld): void =>
  wish(world, (now) => ({ ...now, pause: { kind: 'pause', ...word(world) } }))

/** Of every rollout that is paused. */
export function resume(world: ModelWorld): void {
  for (const entry of world.etcd.range(keys.wishes).entries) {
    const now = wishesRecord.read(entry)
    if (now.pause?.kind === 'pause')
      put(world, entry.key, wishesRecord.write({ ...now, pause: { kind: 'resume', ...word(world) } }))
  }
}

/** Now, or so much later: of a canary that serves, or of taking back. */
export const goOn = (world: ModelWorld, forMs: number): void =>
  wish(world, (now) => ({ ...now, go: { ...word(world), audit: (world.said += 1) + 1, forMs } }))

export const take = (world: ModelWorld): void => wish(world, (now) => ({ ...now, take: word(world) }))

export function stopTier(world: ModelWorld, kind: 'stop' | 'go'): void {
  const { at, by, audit } = word(world)
  const why = kind === 'stop' ? 'down' : null
  put(world, keys.stop(target.tier), stopRecord.write({ kind, tier: target.tier, by, why, at, audit }))
}

const lockKey = (tier: boolean): string => (tier ? keys.tierLock(target.tier) : keys.targetLock(target))

export function lock(world: ModelWorld, tier: boolean): void {
  const { at, by, audit } = word(world)
  const service = tier ? null : target.service
  const record = { service, tier: target.tier, by, why: 'hold', at, until: null, audit }
  put(world, lockKey(tier), lockRecord.write(record))
}

export function unlock(world: ModelWorld, tier: boolean): void {
  world.etcd.commit({ require: [], puts: [], deletes: [lockKey(tier)] }, 'people')
}

/** Somebody says yes to every plan that is shown. */
export function confirm(world: ModelWorld): void {
  for (const { id, plan, waiting } of world.witness.rollouts()) {
    const waits = waiting?.for
    const key = keys.queued(plan, id)
    const entry = world.etcd.get(key)
    if (waits?.kind !== 'yes' || entry === null) continue
    const { at, by, audit } = word(world)
    const yes = { hash: waits.hash, passes: waits.obstacles.map(({ kind }) => kind), by, at, audit }
    put(world, key, placeRecord.write({ ...placeRecord.read(entry), yes }))
  }
}

/** Nobody stands in the way any more. */
export function letGo(world: ModelWorld): void {
  resume(world)
  stopTier(world, 'go')
  unlock(world, true)
  unlock(world, false)
}
