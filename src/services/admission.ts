import type { Door } from '../authorization/door.ts'
import { actorOf, type Demand } from '../authorization/rights.ts'
import { rightTo, tagOf } from '../domain/rollout.ts'
import { sameTarget, targetText, type Target } from '../domain/target.ts'
import type { StoreReader } from '../ports/store.ts'
import type { Checked } from '../rollout/decide-wait.ts'
import { keys } from '../store/keys.ts'
import { rolloutRecord } from '../store/records.ts'
import type { Admission, Readers, StartRight } from './capabilities.ts'

export interface AdmissionParts {
  readonly store: StoreReader
  readonly door: Door
  readonly planner: Readers['planner']
  /** Whether the configuration has this target. */
  readonly knows: (target: Target) => boolean
  /** Unlike any other. */
  readonly newKey: () => string
}

/** What a rollout that has waited must pass once more, as who asked for it, without a click. */
export function createAdmission(parts: AdmissionParts): Admission {
  return {
    async plan(rollout): Promise<Checked> {
      const { plan, waiting, requestedBy } = rollout
      const target = { service: plan.service, tier: plan.tier }
      if (!parts.knows(target)) {
        return { kind: 'impossible', why: 'gone', reason: `${targetText(target)} is no longer in the configuration` }
      }
      if (waiting === null) throw new Error(`rollout ${rollout.id} does not wait`)
      const planned = await parts.planner.plan({ ...waiting.ask, target, actor: actorOf(requestedBy) })
      if (planned.kind === 'plan') return planned
      if (planned.transient) return { kind: 'silent', reason: planned.message }
      return { kind: 'impossible', why: planned.satisfied === true ? 'pointless' : 'gone', reason: planned.message }
    },

    async allow(rollout) {
      const { plan, requestedBy, command, place } = rollout
      const target = { service: plan.service, tier: plan.tier }
      const demand: Demand<StartRight> = {
        right: rightTo(rollout),
        scope: { kind: 'target', target },
        owner: await ownerOf(rollout.retryOf, parts.store),
        tag: tagOf(rollout),
        ...(rollout.retryOf === null ? {} : { rolls: plan.kind }),
      }
      const answer = await parts.door.authorize({
        actor: actorOf(requestedBy),
        demands: [demand],
        command,
        requestKey: `queue:${rollout.id}:${parts.newKey()}`,
        source: 'queue',
        place,
      })
      if (answer.kind === 'denied') return { kind: 'denied', reason: answer.denial.message }
      const context = answer.kind === 'allowed' ? answer.contexts[0] : undefined
      if (context === undefined) {
        return { kind: 'silent', reason: answer.kind === 'unavailable' ? answer.message : 'the door did not answer' }
      }
      const { scope, audit } = parts.door.open(context, demand.right)
      if (scope.kind !== 'target' || !sameTarget(scope.target, plan)) {
        throw new Error(`What was authorized is not ${targetText(plan)}`)
      }
      return { kind: 'allowed', audit }
    },
  }
}

/** Whose rollout is taken up again; null when it is none, or is not kept any more. */
async function ownerOf(retryOf: number | null, store: StoreReader): Promise<string | null> {
  const entry = retryOf === null ? null : await store.get(keys.rollout(retryOf))
  return entry === null ? null : rolloutRecord.read(entry).requestedBy.id
}
