import type { Clock } from '../ports/clock.ts'
import type { Condition, Entry, StoreReader, StoreWriter, Transaction } from '../ports/store.ts'
import { StoreUnavailable } from '../ports/store.ts'
import { UnreadableRecord } from '../store/record.ts'
import type { AuditFact, ChainEnd } from './chain.ts'
import { auditKeys, auditRecord, chainEnd, hashOf, noRecord } from './chain.ts'

/** What is to be committed together with an audit record. `seq` is the record's number. */
type Rider = (seq: number) => Transaction

export type Appended =
  /** `revision` created whatever the rider created. */
  | { readonly kind: 'appended'; readonly seq: number; readonly revision: string }
  /** A condition of the rider did not hold: nothing was written. `entries` is what its keys hold now. */
  | { readonly kind: 'conflict'; readonly entries: readonly Entry[] }
  /** The signal aborted before it was this record's turn: nothing was written. */
  | { readonly kind: 'given-up' }

export interface AuditLog {
  /**
   * Appends one record. Rejects with `StoreUnavailable` (it may or may not be written), or with `UnreadableRecord` when
   * the head of the chain is not what it should be.
   */
  append(fact: AuditFact, options?: { readonly rider?: Rider; readonly signal?: AbortSignal }): Promise<Appended>
  readonly store: StoreReader & StoreWriter
}

/** Two replicas that race lose a try each now and then; this many in a row means that something else is wrong. */
const mostTries = 200

export function createAuditLog(deps: {
  readonly store: StoreReader & StoreWriter
  readonly clock: Pick<Clock, 'now'>
}): AuditLog {
  const { store, clock } = deps
  const inTurn = createQueue()
  /** The head as it was last seen; undefined when it must be read. */
  let head: Entry | null | undefined

  async function appendNow(fact: AuditFact, rider: Rider): Promise<Appended> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      head = head === undefined ? await store.get(auditKeys.head) : head
      const end = head === null ? noRecord : chainEnd.read(head)
      const seq = end.seq + 1
      const stored = auditRecord.write({ seq, prev: end.hash, at: clock.now(), fact })
      const newEnd: ChainEnd = { seq, hash: hashOf(stored) }
      const newHead = { key: auditKeys.head, value: chainEnd.write(newEnd) }
      const riding = rider(seq)
      const fresh: Condition = { kind: 'absent', key: auditKeys.record(seq) }
      const result = await store.commit({
        require: [headCondition(head), fresh, ...riding.require],
        puts: [{ key: auditKeys.record(seq), value: stored }, newHead, ...riding.puts],
        ...(riding.deletes === undefined ? {} : { deletes: riding.deletes }),
      })
      if (result.kind === 'committed') {
        head = { ...newHead, modified: result.revision, created: head?.created ?? result.revision }
        return { kind: 'appended', seq, revision: result.revision }
      }
      if (!riding.require.every((condition) => holds(condition, result.entries))) {
        return { kind: 'conflict', entries: result.entries }
      }
      if (holds(headCondition(head), result.entries)) {
        throw new UnreadableRecord(auditKeys.head, `it says ${end.seq}, but record ${seq} is there already`)
      }
      head = entryOf(result.entries, auditKeys.head) ?? null
    }
    throw new StoreUnavailable(
      `The audit log could not be written: ${mostTries} times in a row another process was first.`,
    )
  }

  return {
    store,
    append: (fact, options = {}) =>
      inTurn(async () => {
        if (options.signal?.aborted === true) return { kind: 'given-up' }
        try {
          return await appendNow(fact, options.rider ?? (() => ({ require: [], puts: [] })))
        } catch (error) {
          head = undefined
          throw error
        }
      }),
  }
}

/**
 * Runs one at a time, in the order of the calls: within a process appends must not fight for the head. When the store is
 * away, all who wait are told so at once; one after the other they would wait for ever.
 */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: { start(): Promise<void>; fail(error: StoreUnavailable): void }[] = []
  let running = false

  async function run(): Promise<void> {
    if (running) return
    running = true
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        await next.start()
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) continue
        for (const other of waiting.splice(0)) other.fail(error)
      }
    }
    running = false
  }

  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push({
        async start() {
          try {
            resolve(await work())
          } catch (error) {
            reject(error)
            throw error
          }
        },
        fail: reject,
      })
      void run()
    })
}

function headCondition(head: Entry | null): Condition {
  return head === null
    ? { kind: 'absent', key: auditKeys.head }
    : { kind: 'unchanged', key: auditKeys.head, modified: head.modified }
}

const entryOf = (entries: readonly Entry[], key: string): Entry | undefined =>
  entries.find((entry) => entry.key === key)

/** Whether the condition holds by what a conflict said of the keys. */
function holds(condition: Condition, entries: readonly Entry[]): boolean {
  const entry = entryOf(entries, condition.key)
  switch (condition.kind) {
    case 'absent':
      return entry === undefined
    case 'unchanged':
      return entry?.modified === condition.modified
    case 'owned':
      return entry?.created === condition.created
  }
}
