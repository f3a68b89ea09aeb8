import { StoreUnavailable } from '../ports/store.ts'
import { UnreadableRecord } from '../store/record.ts'
import type { AuditLog } from './audit.ts'
import { auditKeys } from './chain.ts'
import type { StoredReply } from './request-record.ts'
import { requestRecord, storable } from './request-record.ts'

export type Settled =
  | { readonly kind: 'stored' }
  /** Another reply was stored before; it stays. */
  | { readonly kind: 'already' }
  /** There is no such request, or it expired. */
  | { readonly kind: 'unknown' }
  /** The reply is not kept: a redelivery will hear that the command is being handled. */
  | { readonly kind: 'unavailable'; readonly message: string }

/** Stores the reply with the request and, where something was allowed, its outcome in the audit log, in one transaction. */
export async function settleRequest(
  deps: { readonly audit: AuditLog; readonly redact: (text: string) => string },
  requestKey: string,
  reply: StoredReply,
): Promise<Settled> {
  const { audit, redact } = deps
  const key = auditKeys.request(requestKey)
  try {
    const entry = await audit.store.get(key)
    if (entry === null) return { kind: 'unknown' }
    const request = requestRecord.read(entry)
    if (request.reply !== null) return { kind: 'already' }
    const kept = storable(reply, redact)
    const change = {
      require: [{ kind: 'unchanged', key, modified: entry.modified }],
      puts: [{ key, value: requestRecord.write({ ...request, reply: kept }) }],
    } as const
    const result =
      request.decision === 'denied'
        ? await audit.store.commit(change)
        : await audit.append(
            {
              kind: 'outcome',
              of: request.audit,
              outcome: reply.outcome,
              rollouts: [...kept.rollouts],
              summary: kept.message.text.slice(0, 500),
            },
            { rider: () => change },
          )
    return { kind: result.kind === 'committed' || result.kind === 'appended' ? 'stored' : 'already' }
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof UnreadableRecord) {
      return { kind: 'unavailable', message: error.message }
    }
    throw error
  }
}
