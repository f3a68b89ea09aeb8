import type { CommitResult, Entry, Page, RangeOptions, Transaction } from '../../../src/ports/store.ts'
import type { Timeline } from './timeline.ts'

/** One key that a transaction changed. */
export interface KeyChange {
  readonly key: string
  readonly before: Entry | null
  readonly after: Entry | null
}

type Applied = CommitResult | { readonly kind: 'lease-gone' }

interface ModelLease {
  readonly ttlMs: number
  endsAt: number
  callOff: () => void
}

/** A small etcd: revisions, transactions, leases that end by themselves. */
export class ModelEtcd {
  /** Told of each transaction that was applied, and by whom; null: a lease ended. */
  onWrite: (changes: readonly KeyChange[], by: string | null) => void = () => undefined
  readonly #timeline: Timeline
  readonly #entries = new Map<string, Entry & { readonly lease: string | null }>()
  readonly #leases = new Map<string, ModelLease>()
  #revision = 1
  #leasesMade = 0
  #away = false

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  get away(): boolean {
    return this.#away
  }

  /** Nobody is served, and no lease ends; when it comes back each lease begins anew, as with a new leader. */
  set away(away: boolean) {
    if (this.#away === away) return
    this.#away = away
    for (const [id, lease] of this.#leases) {
      lease.callOff()
      if (!away) this.#run(id, lease)
    }
  }

  get(key: string): Entry | null {
    return this.#entries.get(key) ?? null
  }

  range(prefix: string, { limit = Infinity, after = '', reverse = false, keysOnly = false }: RangeOptions = {}): Page {
    const found = [...this.#entries.values()]
      .filter(({ key }) => key.startsWith(prefix) && key > after)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
    const ordered = reverse ? found.toReversed() : found
    const entries = ordered.slice(0, limit).map((entry) => (keysOnly ? { ...entry, value: '' } : entry))
    return { entries, revision: String(this.#revision), more: ordered.length > entries.length }
  }

  commit({ require, puts, deletes = [] }: Transaction, by: string): Applied {
    const holds = require.every((one) => {
      const entry = this.#entries.get(one.key)
      if (one.kind === 'absent') return entry === undefined
      return one.kind === 'unchanged' ? entry?.modified === one.modified : entry?.created === one.created
    })
    if (!holds) {
      return { kind: 'conflict', entries: require.flatMap(({ key }) => this.#entries.get(key) ?? []) }
    }
    if (puts.some(({ lease }) => lease !== undefined && !this.#leases.has(lease))) return { kind: 'lease-gone' }
    const changes: KeyChange[] = []
    const revision = String(++this.#revision)
    for (const { key, value, lease = null } of puts) {
      const before = this.get(key)
      const after = { key, value, modified: revision, created: before?.created ?? revision, lease }
      this.#entries.set(key, after)
      changes.push({ key, before, after })
    }
    for (const key of deletes) {
      const before = this.get(key)
      if (this.#entries.delete(key)) changes.push({ key, before, after: null })
    }
    this.onWrite(changes, by)
    return { kind: 'committed', revision }
  }

  grant(ttlMs: number): string {
    const id = `lease-${++this.#leasesMade}`
    const lease: ModelLease = { ttlMs, endsAt: 0, callOff: () => undefined }
    this.#leases.set(id, lease)
    this.#run(id, lease)
    return id
  }

  /** What it has from now on, in milliseconds; 0 when it is gone. */
  renew(id: string): number {
    const lease = this.#leases.get(id)
    if (lease === undefined) return 0
    this.#run(id, lease)
    return lease.ttlMs
  }

  revoke(id: string): void {
    this.#leases.get(id)?.callOff()
    if (!this.#leases.delete(id)) return
    const gone = [...this.#entries.values()].filter(({ lease }) => lease === id)
    for (const { key } of gone) this.#entries.delete(key)
    this.#revision += 1
    this.onWrite(
      gone.map((before) => ({ key: before.key, before, after: null })),
      null,
    )
  }

  /** How long the key still has, in milliseconds; 0 when it is not there, Infinity without a lease. */
  remainingMs(key: string): number {
    const entry = this.#entries.get(key)
    if (entry === undefined) return 0
    if (entry.lease === null) return Infinity
    return (this.#leases.get(entry.lease)?.endsAt ?? 0) - this.#timeline.now
  }

  #run(id: string, lease: ModelLease): void {
    lease.callOff()
    lease.endsAt = this.#timeline.now + lease.ttlMs
    lease.callOff = this.#timeline.after(lease.ttlMs, () => this.revoke(id))
  }
}
