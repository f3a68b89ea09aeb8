import type { Clock } from '../ports/clock.ts'
import type { Condition, Entry, StoreReader, StoreWriter, Transaction } from '../ports/store.ts'
import { StoreUnavailable } from '../ports/store.ts'
import { findEnd, type FoundEnd } from './chain-end.ts'
import type { AuditFact, ChainEnd, ChainKeys, ChainName } from './chain.ts'
import { auditRecord, chainEnd, chainKeys, hashOf } from './chain.ts'

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
   * Appends one record. If the chain does not end where this process last saw it end, a record that says so comes first,
   * behind every record that is left. Rejects with `StoreUnavailable` (the record may or may not be written), or with
   * `UnreadableRecord` when the head of the chain is no head.
   */
  append(fact: AuditFact, options?: { readonly rider?: Rider; readonly signal?: AbortSignal }): Promise<Appended>
  readonly store: StoreReader & StoreWriter
  readonly chain: ChainName
  readonly keys: ChainKeys
}

type Written = Appended | { readonly kind: 'not-first' }

/** Two replicas that race lose a try each now and then; this many in a row means that something else is wrong. */
const mostTries = 200

export function createAuditLog(deps: {
  readonly store: StoreReader & StoreWriter
  readonly clock: Pick<Clock, 'now'>
  /** `grants` unless given. */
  readonly chain?: ChainName
  /** Hears, once each, how the chain was changed from outside; it is recorded by then. */
  readonly disturbed?: (why: string) => void
}): AuditLog {
  const { store, clock, chain = 'grants', disturbed = () => undefined } = deps
  const keys = chainKeys[chain]
  const inTurn = createQueue()
  /** The head as it was last seen; undefined when it must be read. */
  let head: Entry | null | undefined
  /** The last record that this process saw or wrote; null before the first. */
  let known: ChainEnd | null = null

  /** Writes one record behind `end`. Null when somebody else was first: the head must be compared again. */
  async function write(end: ChainEnd, fact: AuditFact, riding: Transaction): Promise<Written> {
    const before = head ?? null
    const seq = end.seq + 1
    const stored = auditRecord.write({ seq, prev: end.hash, at: clock.now(), fact })
    const newEnd: ChainEnd = { seq, hash: hashOf(stored) }
    const newHead = { key: keys.head, value: chainEnd.write(newEnd) }
    const fresh: Condition = { kind: 'absent', key: keys.record(seq) }
    const result = await store.commit({
      require: [headCondition(keys, before), fresh, ...riding.require],
      puts: [{ key: keys.record(seq), value: stored }, newHead, ...riding.puts],
      ...(riding.deletes === undefined ? {} : { deletes: riding.deletes }),
    })
    if (result.kind === 'committed') {
      head = { ...newHead, modified: result.revision, created: before?.created ?? result.revision }
      known = newEnd
      return { kind: 'appended', seq, revision: result.revision }
    }
    if (!riding.require.every((condition) => holds(condition, result.entries))) {
      return { kind: 'conflict', entries: result.entries }
    }
    // The head is as it was, and still there is a record behind it: what this process knew is no longer true.
    if (holds(headCondition(keys, before), result.entries)) known = null
    head = entryOf(result.entries, keys.head) ?? null
    return { kind: 'not-first' }
  }

  /** Records what was found before anything else is appended. */
  async function recordDisturbance(found: Extract<FoundEnd, { kind: 'disturbed' }>): Promise<void> {
    const fact: AuditFact = { kind: 'disturbed', why: found.why, expected: known, found: found.found }
    const written = await write(found.behind, fact, { require: [], puts: [] })
    if (written.kind === 'appended') disturbed(found.why)
  }

  async function appendNow(fact: AuditFact, rider: Rider): Promise<Appended> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      head = head === undefined ? await store.get(keys.head) : head
      const found = await findEnd(store, keys, head, known)
      if (found.kind === 'disturbed') {
        await recordDisturbance(found)
        continue
      }
      known = found.end
      const written = await write(found.end, fact, rider(found.end.seq + 1))
      if (written.kind !== 'not-first') return written
    }
    throw new StoreUnavailable(
      `The audit log could not be written: ${mostTries} times in a row another process was first.`,
    )
  }

  return {
    store,
    chain,
    keys,
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

function headCondition(keys: ChainKeys, head: Entry | null): Condition {
  return head === null
    ? { kind: 'absent', key: keys.head }
    : { kind: 'unchanged', key: keys.head, modified: head.modified }
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
