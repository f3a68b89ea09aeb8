import type { Authorized, OpenGrant } from '../authorization/door.ts'
import { recordedActor, type Grant } from '../authorization/rights.ts'
import { sameTarget, targetText } from '../domain/target.ts'
import type { Clock } from '../ports/clock.ts'
import type { Entry, StoreReader, StoreWriter } from '../ports/store.ts'
import { createRollout, type QueueLimits } from '../rollout/create.ts'
import type { Asker } from '../rollout/failed-before.ts'
import type { StartCapability, StartRequest, StartResult, StartRight } from './capabilities.ts'
import { confirm } from './confirm.ts'

export interface StartParts {
  readonly store: StoreReader & StoreWriter
  readonly clock: Clock
  /** Hears of each new rollout, so that it is driven at once. */
  readonly created: (id: number) => void
  readonly limits: QueueLimits
  /** Opens what the one door of this process granted. */
  readonly open: OpenGrant
}

/** The right to start rollouts on one target, and to say yes to one that waits for it. */
export const startCapability =
  <R extends StartRight>(parts: StartParts, right: R) =>
  (context: Authorized<R>): StartCapability => {
    const grant = parts.open(context, right)
    return {
      start: (request) => start(parts, grant, request, { note: null, asker: { kind: request.asker ?? 'person' } }),
      confirm: (id, hash) => confirm(parts, grant, id, hash),
    }
  }

/** Starts what follows in a list that was typed at `typedAt`: `note` asked for it, and goes away in the same transaction. */
export function startFollowing(
  parts: StartParts,
  context: Authorized<'deploy' | 'restart'>,
  request: StartRequest,
  note: Entry,
  typedAt: number,
): Promise<StartResult> {
  return start(parts, parts.open(context), request, { note, asker: { kind: 'list', typedAt } })
}

async function start(
  parts: StartParts,
  grant: Grant,
  request: StartRequest,
  by: { readonly note: Entry | null; readonly asker: Asker },
): Promise<StartResult> {
  const { plan } = request
  if (grant.scope.kind !== 'target' || !sameTarget(grant.scope.target, plan)) {
    throw new Error(`The plan is for ${targetText(plan)}, which is not what was authorized`)
  }
  const { actor, audit } = grant
  const requestedBy = recordedActor(actor)
  const asked = { ...request, requestedBy, audit, following: by.note, asker: by.asker }
  const result = await createRollout(parts.store, parts.clock, asked, parts.limits)
  if (result.kind === 'created' || result.kind === 'queued') parts.created(result.id)
  return result.kind === 'created' ? { kind: 'started', id: result.id } : result
}
