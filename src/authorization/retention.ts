import type { Clock } from '../ports/clock.ts'
import type { Condition, Entry } from '../ports/store.ts'
import { StoreUnavailable } from '../ports/store.ts'
import { recordType, UnreadableRecord } from '../store/record.ts'
import type { AuditLog } from './audit.ts'
import type { AuditRecord, ChainEnd } from './chain.ts'
import { auditKeys, auditRecord, chainEnd, checkLink, endAt, noRecord, seqOf } from './chain.ts'
import { z } from 'zod'

/** Records that one step deletes at the most: with their requests they stay under etcd's 128 operations a transaction. */
const step = 50
/** How long a redelivered command is still known. Slack gives up after minutes. */
const requestsKeptMs = 24 * 3_600_000

const mark = recordType(z.strictObject({ seq: z.int().min(0) }))

export type Stepped =
  /** `deleted` records or requests are gone; 0 when there was nothing to do. */
  | { readonly kind: 'done'; readonly deleted: number }
  /** Left untouched, with the reason as a sentence for an operator. */
  | { readonly kind: 'refused'; readonly message: string }

/**
 * Cuts the oldest records off, up to 50, when there are at least that many more than `keep`. In one transaction: they go
 * with the requests that they name, the checkpoint moves, and a record in the chain says so. What does not verify is not
 * deleted. Rejects with `StoreUnavailable`.
 */
export async function pruneAudit(audit: AuditLog, keep: number): Promise<Stepped> {
  const { store, keys } = audit
  const [head, mark] = await Promise.all([endAt(store, keys.head), store.get(keys.checkpoint)])
  const start = mark === null ? noRecord : chainEnd.read(mark)
  if (head.seq - start.seq - keep < step) return { kind: 'done', deleted: 0 }
  const page = await store.range(keys.records, { after: keys.record(start.seq), limit: step })
  let end: ChainEnd = start
  const records: AuditRecord[] = []
  for (const entry of page.entries) {
    const link = checkLink(entry, end, keys)
    if (link.kind === 'broken') return { kind: 'refused', message: `${link.why} Nothing was deleted.` }
    end = link.end
    records.push(link.record)
  }
  const appended = await audit.append(
    { kind: 'pruned', through: end.seq, hash: end.hash },
    {
      rider: () => ({
        require: [unchanged(keys.checkpoint, mark)],
        puts: [{ key: keys.checkpoint, value: chainEnd.write(end) }],
        deletes: [...page.entries.map((entry) => entry.key), ...requestsIn(records)],
      }),
    },
  )
  return { kind: 'done', deleted: appended.kind === 'appended' ? records.length : 0 }
}

/** Deletes the idempotency keys of up to 50 records whose day is over, oldest first. Rejects with `StoreUnavailable`. */
export async function expireRequests(audit: AuditLog, nowMs: number): Promise<Stepped> {
  const { store, keys } = audit
  const [entry, start] = await Promise.all([store.get(keys.expired), endAt(store, keys.checkpoint)])
  const done = Math.max(entry === null ? 0 : mark.read(entry).seq, start.seq)
  const page = await store.range(keys.records, { after: keys.record(done), limit: step })
  const old: AuditRecord[] = []
  for (const entry of page.entries) {
    if (seqOf(keys, entry.key) === null) break
    const record = auditRecord.read(entry)
    if (nowMs - record.at < requestsKeptMs) break
    old.push(record)
  }
  const last = old.at(-1)
  if (last === undefined) return { kind: 'done', deleted: 0 }
  const result = await store.commit({
    require: [unchanged(keys.expired, entry)],
    puts: [{ key: keys.expired, value: mark.write({ seq: last.seq }) }],
    deletes: requestsIn(old),
  })
  return { kind: 'done', deleted: result.kind === 'committed' ? old.length : 0 }
}

/** Steps that one round takes at the most, so that a long backlog does not crowd the store. */
const stepsPerRound = 20

/** Every minute until the signal aborts: at most 20 steps of each kind. Never rejects; `warn` hears what stands in the way. */
export async function keepAuditBounded(deps: {
  readonly audit: AuditLog
  readonly clock: Clock
  /** Records of this chain that are kept. */
  readonly keep: number
  readonly warn: (message: string) => void
  readonly signal: AbortSignal
}): Promise<void> {
  const { audit, clock, keep, warn, signal } = deps
  const steps = [() => pruneAudit(audit, keep), () => expireRequests(audit, clock.now())]
  while (!signal.aborted) {
    for (const take of steps) {
      for (let taken = 0; taken < stepsPerRound && !signal.aborted; taken += 1) {
        const stepped = await take().catch(refusedBy)
        if (stepped.kind === 'refused') warn(stepped.message)
        if (stepped.kind === 'refused' || stepped.deleted === 0) break
      }
    }
    await clock.sleep(60_000, signal)
  }
}

function refusedBy(error: unknown): Stepped {
  if (error instanceof StoreUnavailable || error instanceof UnreadableRecord) {
    return { kind: 'refused', message: `The audit log was not tidied: ${error.message}` }
  }
  throw error
}

function requestsIn(records: readonly AuditRecord[]): string[] {
  const keys = records.flatMap(({ fact }) => (fact.kind === 'decision' ? [auditKeys.request(fact.request)] : []))
  return [...new Set(keys)]
}

const unchanged = (key: string, entry: Entry | null): Condition =>
  entry === null ? { kind: 'absent', key } : { kind: 'unchanged', key, modified: entry.modified }
