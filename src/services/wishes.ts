import type { Authorized, OpenGrant } from '../authorization/door.ts'
import { proceedingRights, type Grant } from '../authorization/rights.ts'
import { goesOnByItself, isOver, ownerOf, type Person, type Rollout } from '../domain/rollout.ts'
import { sameTarget, targetText } from '../domain/target.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import { rolloutRecord, wishesRecord, type PersonalWishes } from '../store/records.ts'
import type { Capabilities } from './capabilities.ts'
import { createStopReader } from './stops.ts'
import type { AbortResult, GoOnResult, NoLongerLive, PauseResult, ResumeResult, TakeResult } from './wish-results.ts'

type Store = StoreReader & StoreWriter

/** The rights that leave a wish with a live rollout: each later step of the rollout compares it. */

export const abortCapability =
  (open: OpenGrant, store: Store, clock: Clock) =>
  (context: Authorized<'abort'>): Capabilities['abort'] => {
    const grant = open(context, 'abort')
    return {
      abort: (id, reason) =>
        leave<AbortResult>(store, grant, id, ({ wishes }) => {
          if (wishes.abort !== null) return already(wishes.abort)
          return { ...wishes, abort: wishOf(grant, reason, clock) }
        }),
    }
  }

export const pauseCapability =
  (open: OpenGrant, store: Store, clock: Clock) =>
  (context: Authorized<'pause'>): Capabilities['pause'] => {
    const grant = open(context, 'pause')
    return {
      pause: (id, reason) =>
        leave<PauseResult>(store, grant, id, ({ rollout, wishes }) => {
          if (wishes.abort !== null || rollout.ending !== null) return { kind: 'ending' }
          if (wishes.pause?.kind === 'pause') return already(wishes.pause)
          return { ...wishes, pause: { kind: 'pause', ...wishOf(grant, reason, clock) } }
        }),
    }
  }

export const resumeCapability =
  (open: OpenGrant, store: Store, clock: Clock) =>
  (context: Authorized<'resume'>): Capabilities['resume'] => {
    const grant = open(context, 'resume')
    return {
      async resume(id, reason): Promise<ResumeResult> {
        let tier = ''
        const result = await leave<ResumeResult>(store, grant, id, ({ rollout, wishes }) => {
          tier = rollout.plan.tier
          if (wishes.abort !== null || rollout.ending !== null) return { kind: 'ending' }
          const stopped = rollout.pause?.kind === 'stop'
          if (wishes.pause?.kind === 'resume' && !stopped) return already(wishes.pause)
          if (wishes.pause?.kind !== 'pause') return { kind: 'not-paused', stopped }
          return { ...wishes, pause: { kind: 'resume', ...wishOf(grant, reason, clock) } }
        })
        if (result.kind !== 'asked') return result
        return { kind: 'asked', stopped: (await createStopReader(store).on(tier)) !== null }
      },
    }
  }

export const continueCapability =
  (open: OpenGrant, store: Store, clock: Clock) =>
  (context: Authorized<'continue'>): Capabilities['continue'] => {
    const grant = open(context, 'continue')
    return {
      go: (id, forMs, reason) =>
        leave<GoOnResult>(store, grant, id, ({ rollout, wishes }) => {
          const { go } = wishes
          // One that it has not obeyed yet, or has just obeyed.
          if (go !== null && (go.audit !== rollout.heard ? go.forMs === forMs : !goesOnByItself(rollout)))
            return already(go)
          if (!goesOnByItself(rollout)) return { kind: 'not-waiting' }
          return { ...wishes, go: { ...wishOf(grant, reason, clock), forMs } }
        }),
    }
  }

export const takeCapability =
  (open: OpenGrant, store: Store, clock: Clock) =>
  (context: Authorized<'take'>): Capabilities['take'] => {
    const grant = open(context, 'take')
    return {
      async take(id, reason): Promise<TakeResult> {
        let from: Person = grant.actor
        const result = await leave<TakeResult>(store, grant, id, ({ rollout, wishes }) => {
          from = wishes.take?.by ?? ownerOf(rollout)
          if (from.id === grant.actor.id) return { kind: 'already', at: wishes.take?.at ?? null }
          return { ...wishes, take: wishOf(grant, reason, clock) }
        })
        return result.kind === 'asked' ? { kind: 'asked', from } : result
      },
    }
  }

/** Writes what `change` makes of the wishes, as long as the rollout is as it was read; or answers what it says instead. */
async function leave<R extends { readonly kind: string }>(
  store: Store,
  grant: Grant,
  id: number,
  change: (now: { readonly rollout: Rollout; readonly wishes: PersonalWishes }) => PersonalWishes | R,
): Promise<R | NoLongerLive | { readonly kind: 'asked' }> {
  const key = keys.wish(id)
  for (;;) {
    const [entry, wish] = await Promise.all([store.get(keys.rollout(id)), store.get(key)])
    if (entry === null) return { kind: 'none' }
    const rollout = rolloutRecord.read(entry)
    if (grant.scope.kind !== 'target' || !sameTarget(grant.scope.target, rollout.plan)) {
      throw new Error(`Rollout ${id} is on ${targetText(rollout.plan)}, which is not what was authorized`)
    }
    const proceeds = proceedingRights.some((right) => right === grant.right)
    if (proceeds && (grant.rolls ?? 'deploy') !== rollout.plan.kind) {
      throw new Error(`Rollout ${id} takes the right to ${rollout.plan.kind}, which is not what was authorized`)
    }
    if (isOver(rollout)) return { kind: 'over', rollout }
    const wishes = wish === null ? { abort: null, pause: null, take: null, go: null } : wishesRecord.read(wish)
    // An earlier try of this very request was applied, and its answer was lost.
    if (isMine(wishes, grant)) return { kind: 'asked' }
    const changed = change({ rollout, wishes })
    if ('kind' in changed) return changed
    const active = await store.get(keys.active(rollout.plan))
    // The rollout is live as long as it holds its target: its last step deletes that key and this wish together.
    const result = await store.commit({
      require: [asBefore(key, wish), asBefore(keys.active(rollout.plan), active), asBefore(keys.rollout(id), entry)],
      puts: [{ key, value: wishesRecord.write(changed) }],
    })
    if (result.kind === 'committed') return { kind: 'asked' }
  }
}

const isMine = ({ abort, pause, take, go }: PersonalWishes, { audit }: Grant): boolean =>
  [abort, pause, take, go].some((one) => one?.audit === audit)

const already = ({ by, at }: { readonly by: Person; readonly at: number }) => ({ kind: 'already', by, at }) as const

const wishOf = ({ actor, audit }: Grant, reason: string | null, clock: Clock) => ({
  by: { id: actor.id, name: actor.name },
  reason,
  at: clock.now(),
  audit,
})
