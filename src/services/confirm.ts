import type { Grant } from '../authorization/rights.ts'
import { rightTo } from '../domain/rollout.ts'
import { sameTarget, targetText } from '../domain/target.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import { placeRecord, rolloutRecord } from '../store/records.ts'
import type { ConfirmResult } from './capabilities.ts'

/**
 * Leaves a person's yes at the place of a waiting rollout: to the plan that it shows and to nothing else. The rollout
 * begins once that plan, looked at again, is still the same.
 */
export async function confirm(
  parts: { readonly store: StoreReader & StoreWriter; readonly clock: Clock },
  grant: Grant,
  id: number,
  hash: string | null,
): Promise<ConfirmResult> {
  const { store, clock } = parts
  for (;;) {
    const entry = await store.get(keys.rollout(id))
    if (entry === null) return { kind: 'none' }
    const rollout = rolloutRecord.read(entry)
    if (grant.scope.kind !== 'target' || !sameTarget(grant.scope.target, rollout.plan)) {
      throw new Error(`Rollout ${id} is on ${targetText(rollout.plan)}, which is not what was authorized`)
    }
    if (grant.right !== rightTo(rollout)) {
      throw new Error(`Rollout ${id} takes the right to ${rightTo(rollout)}, not to ${grant.right}`)
    }
    const waits = rollout.waiting?.for
    if (waits?.kind !== 'yes') return { kind: 'not-asked', rollout }
    if (hash !== null && hash !== waits.hash) return { kind: 'changed', hash: waits.hash }
    const key = keys.queued(rollout.plan, id)
    const queued = await store.get(key)
    if (queued === null) continue
    const place = placeRecord.read(queued)
    if (place.yes?.hash === waits.hash) return { kind: 'already', by: place.yes.by }
    const { actor, audit } = grant
    const by = { id: actor.id, name: actor.name }
    const passes = waits.obstacles.map((one) => one.kind)
    const value = placeRecord.write({ ...place, yes: { hash: waits.hash, passes, by, at: clock.now(), audit } })
    const result = await store.commit({
      require: [asBefore(keys.rollout(id), entry), asBefore(key, queued)],
      puts: [{ key, value }],
    })
    if (result.kind === 'committed') return { kind: 'confirmed', hash: waits.hash, obstacles: waits.obstacles }
  }
}
