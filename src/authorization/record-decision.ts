import type { Clock } from '../ports/clock.ts'
import type { Appended, AuditLog } from './audit.ts'
import type { AuditFact } from './chain.ts'
import { auditKeys } from './chain.ts'
import { requestRecord } from './request-record.ts'
import type { AuthorizationRequest } from './request.ts'
import { recordedActor, type Denial, type Right } from './rights.ts'

/**
 * Writes the decision into the audit log, and with it the idempotency key of the request, in one transaction: whoever
 * writes second conflicts. `too-late` once `answerMs` milliseconds are over.
 */
export type RecordDecision = (
  request: AuthorizationRequest<Right>,
  decision: { readonly denial: Denial | null; readonly policies: readonly string[] },
) => Promise<Appended | { readonly kind: 'too-late' }>

export function createRecorder(deps: {
  /** What is allowed is recorded here. */
  readonly audit: AuditLog
  /** What is denied is recorded here. */
  readonly denials: AuditLog
  readonly clock: Clock
  readonly redact: (text: string) => string
  readonly answerMs: number
}): RecordDecision {
  const { clock, redact, answerMs } = deps

  const record: RecordDecision = async (request, decision) => {
    const { actor, requestKey: key } = request
    const word = decision.denial === null ? 'allowed' : 'denied'
    const log = decision.denial === null ? deps.audit : deps.denials
    const fact: AuditFact = {
      kind: 'decision',
      decision: word,
      actor: recordedActor(actor),
      demands: [...request.demands],
      command: redact(request.command).slice(0, 4000),
      source: request.source,
      place: { channel: request.place.channel, thread: request.place.thread },
      request: key,
      policies: [...decision.policies],
      denial: decision.denial?.message ?? null,
    }
    const patience = new AbortController()
    const appending = log.append(fact, {
      signal: patience.signal,
      rider: (seq) => {
        const value = {
          request: key,
          audit: seq,
          decision: word,
          actor: actor.id,
          at: clock.now(),
          reply: null,
        } as const
        return {
          require: [{ kind: 'absent', key: auditKeys.request(key) }],
          puts: [{ key: auditKeys.request(key), value: requestRecord.write(value) }],
        }
      },
    })
    const answered = new AbortController()
    const tooLate = clock.sleep(answerMs, answered.signal).then(() => ({ kind: 'too-late' }) as const)
    try {
      const first = await Promise.race([appending, tooLate])
      if (first.kind !== 'too-late') return first
      patience.abort()
      void appending.then(withdraw(log, key), () => undefined)
      return first
    } finally {
      answered.abort()
    }
  }

  /** The record came after the person was told that nothing would be done: say so in the log, and let it be tried again. */
  const withdraw = (log: AuditLog, key: string) => async (appended: Appended) => {
    if (appended.kind !== 'appended') return
    const summary = 'etcd took the record too late: nothing was granted, and nothing was done.'
    const request = auditKeys.request(key)
    await log
      .append(
        { kind: 'outcome', of: appended.seq, outcome: 'withdrawn', rollouts: [], summary },
        {
          rider: () => ({
            require: [{ kind: 'owned', key: request, created: appended.revision }],
            puts: [],
            deletes: [request],
          }),
        },
      )
      .catch(() => undefined)
  }

  return record
}
