/**
 * The store: small JSON texts under keys, changed only by transactions.
 *
 * Keys are given and returned without the configured prefix (`rollouts/12`). Values are opaque text here: records are
 * encoded and parsed in `src/store`. Every call has a time limit of its own and rejects with `StoreUnavailable` when
 * the store did not answer within it.
 */
export interface StoreReader {
  /** The entry at `key`, read through the quorum; null when there is no such key (never when the store is away). */
  get(key: string): Promise<Entry | null>
  /**
   * Entries whose key starts with `prefix`, in key order (or reversed), at most `limit` of them, all of one revision.
   * `after` continues behind that key. `reverse` reads the newest of counted keys first: use it on short ranges only.
   */
  range(prefix: string, options?: RangeOptions): Promise<Page>
  /**
   * Changes below `prefix` behind `fromRevision` (as a `Page` named it), in order, each exactly once, until the signal
   * aborts. After a gap that the store can no longer fill (compaction, lost authorization) it yields `relist`, and the
   * reader must read the range again. It then goes on with what came after the `relist`; some of that the new reading
   * may already hold, so compare revisions. It reconnects by itself for as long as it takes and never rejects.
   */
  watch(prefix: string, fromRevision: string, signal: AbortSignal): AsyncIterable<Change>
}

export interface StoreWriter {
  /**
   * All of it or nothing. Repeats itself safely within the time limit when an answer was lost, as long as having been
   * applied makes one of its own conditions false (`absent` or `unchanged` on a key that it puts, `unchanged` or `owned`
   * on one that it deletes). Otherwise a lost answer rejects: read again before repeating.
   */
  commit(transaction: Transaction): Promise<CommitResult>
}

export interface StoreLeases {
  /** A lease that renews itself. `ttlMs` is at least 2000. */
  grant(ttlMs: number): Promise<Lease>
}

export interface Entry {
  readonly key: string
  readonly value: string
  /** Revision of the last change of this key, as a decimal text. */
  readonly modified: string
  /** Revision that created this key: the fencing token of what the key stands for. */
  readonly created: string
}

export interface Page {
  readonly entries: readonly Entry[]
  /** Revision of the store at which this was read. */
  readonly revision: string
  /** True when entries behind the last one were left out. */
  readonly more: boolean
}

export interface RangeOptions {
  readonly limit?: number
  readonly after?: string
  readonly reverse?: boolean
  /** Leave the values out (`value` is ''). */
  readonly keysOnly?: boolean
}

export type Change =
  | { readonly kind: 'put'; readonly entry: Entry }
  | { readonly kind: 'deleted'; readonly key: string; readonly revision: string }
  | { readonly kind: 'relist' }

/** What must hold at the moment of the commit. */
export type Condition =
  | { readonly kind: 'absent'; readonly key: string }
  | { readonly kind: 'unchanged'; readonly key: string; readonly modified: string }
  /** The key still is the one made at this revision: whoever holds this fencing token still owns it. */
  | { readonly kind: 'owned'; readonly key: string; readonly created: string }

export interface Transaction {
  readonly require: readonly Condition[]
  /**
   * Written when all conditions hold. At least one value must be unlike any other ever written at its key (records
   * carry a random write token), so that a repeated transaction can recognise that it was already applied.
   */
  readonly puts: readonly Put[]
  readonly deletes?: readonly string[]
}

export interface Put {
  readonly key: string
  readonly value: string
  /** The key lives only as long as this lease. */
  readonly lease?: string
}

export type CommitResult =
  /** `revision` is the create revision of every key that this transaction created. */
  | { readonly kind: 'committed'; readonly revision: string }
  /** A condition did not hold; nothing was written. `entries` is what the required keys hold now (absent ones are missing). */
  | { readonly kind: 'conflict'; readonly entries: readonly Entry[] }

/** A time-bounded right. It counts from before the last renewal was sent, so it never believes itself longer than the store does. */
export interface Lease {
  readonly id: string
  /** Milliseconds that this lease surely still has; 0 once it is lost or may be. */
  remainingMs(): number
  /** Aborts once, as soon as the lease may be lost (0.6 x TTL without a renewal), or was revoked. */
  readonly lost: AbortSignal
  /** Gives the lease back; its keys vanish. Safe to call twice; never rejects. */
  release(): Promise<void>
}

/** Why the store will give the same answer again until a person changes something. */
export type Refusal = 'login' | 'permission' | 'too-large' | 'out-of-space' | 'lease-gone' | 'invalid'

/**
 * The store did not answer in time, refused, or could not be reached. Whether a write was applied is unknown, except
 * when `refused` is set: then nothing was written, waiting alone will not help, and `refused` says what will not do.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly refused: Refusal | null

  constructor(message: string, options: ErrorOptions & { readonly refused?: Refusal } = {}) {
    super(message, options)
    this.refused = options.refused ?? null
  }
}
