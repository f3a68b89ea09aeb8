import type { StoreReader } from '../ports/store.ts'
import { UnreadableRecord } from '../store/record.ts'
import {
  auditRecord,
  chainKeys,
  chainNames,
  endAt,
  seqOf,
  verifyChain,
  type AuditRecord,
  type ChainName,
  type Verified,
} from './chain.ts'

/** Reads the audit log for people who have the right to. Each call rejects with `StoreUnavailable`. */
export interface AuditReader {
  /** Newest first, of both chains. */
  list(wanted: AuditQuery): Promise<AuditList>
  verify(): Promise<Readonly<Record<ChainName, Verified>>>
  /** Stored texts behind number `after`, oldest first, as they are: their hashes can be checked. */
  page(chain: ChainName, after: number, limit: number): Promise<AuditPage>
}

interface AuditQuery {
  /** A user id, or a name without the `@`; null for everybody. */
  readonly by: string | null
  /** Words that must all be the service or the tier of one demand; empty for any. */
  readonly target: readonly string[]
  /** Milliseconds since the epoch; null for any time. */
  readonly since: number | null
  readonly limit: number
}

export interface AuditRow {
  readonly chain: ChainName
  readonly record: AuditRecord
  /** How it ended; null for a record without an outcome. */
  readonly outcome: string | null
  readonly rollouts: readonly number[]
}

export interface AuditList {
  readonly rows: readonly AuditRow[]
  /** Numbers of records that cannot be read. */
  readonly unreadable: readonly { readonly chain: ChainName; readonly seq: number }[]
  /** Older records were not looked at, because there were too many. */
  readonly cut: boolean
}

interface AuditPage {
  readonly lines: readonly string[]
  /** Number of the last one; null when there was none. */
  readonly last: number | null
  readonly more: boolean
}

/** Records that are read at once, and how many are looked at in all. */
const windowSize = 200
const mostWindows = 25

export function createAuditReader(store: StoreReader): AuditReader {
  return {
    async list(wanted) {
      const lists = await Promise.all(chainNames.map((chain) => listChain(store, chain, wanted)))
      const rows = lists.flatMap((one) => one.rows).sort((a, b) => b.record.at - a.record.at)
      return {
        rows: rows.slice(0, wanted.limit),
        unreadable: lists.flatMap((one) => one.unreadable),
        cut: lists.some((one) => one.cut),
      }
    },

    async verify() {
      const [grants, denials] = await Promise.all([
        verifyChain(store, undefined, 'grants'),
        verifyChain(store, undefined, 'denials'),
      ])
      return { grants, denials }
    },

    async page(chain, after, limit) {
      const keys = chainKeys[chain]
      const page = await store.range(keys.records, { after: keys.record(after), limit })
      const records = page.entries.filter((entry) => seqOf(keys, entry.key) !== null)
      const last = records.at(-1)
      const more = page.more && records.length === page.entries.length
      return {
        lines: records.map((entry) => entry.value),
        last: last === undefined ? null : seqOf(keys, last.key),
        more,
      }
    },
  }
}

/** Goes back from the head in windows, because reading a long chain in reverse is dear. */
async function listChain(store: StoreReader, chain: ChainName, wanted: AuditQuery): Promise<AuditList> {
  const keys = chainKeys[chain]
  const [head, checkpoint] = await Promise.all([endAt(store, keys.head), endAt(store, keys.checkpoint)])
  const rows: AuditRow[] = []
  const unreadable: { chain: ChainName; seq: number }[] = []
  const outcomes = new Map<number, { readonly outcome: string; readonly rollouts: readonly number[] }>()
  let to = head.seq
  for (let windows = 0; windows < mostWindows && to > checkpoint.seq; windows++) {
    const from = Math.max(checkpoint.seq, to - windowSize)
    const { entries } = await store.range(keys.records, { after: keys.record(from), limit: to - from })
    for (const entry of entries.toReversed()) {
      const seq = seqOf(keys, entry.key)
      if (seq === null || seq > to) continue
      const record = readRecord(entry)
      if (record === null) {
        unreadable.push({ chain, seq })
        continue
      }
      if (wanted.since !== null && record.at < wanted.since) return { rows, unreadable, cut: false }
      const { fact } = record
      if (fact.kind === 'outcome') outcomes.set(fact.of, { outcome: fact.outcome, rollouts: fact.rollouts })
      else if (isWanted(record, wanted)) {
        rows.push({ chain, record, outcome: null, rollouts: [], ...outcomes.get(seq) })
        if (rows.length >= wanted.limit) return { rows, unreadable, cut: false }
      }
    }
    to = from
  }
  return { rows, unreadable, cut: to > checkpoint.seq }
}

function readRecord(entry: Parameters<typeof auditRecord.read>[0]): AuditRecord | null {
  try {
    return auditRecord.read(entry)
  } catch (error) {
    if (error instanceof UnreadableRecord) return null
    throw error
  }
}

/** Whether a record is asked for. A change from outside is always shown. */
function isWanted({ fact }: AuditRecord, { by, target }: AuditQuery): boolean {
  switch (fact.kind) {
    case 'disturbed':
      return true
    case 'pruned':
    case 'outcome':
      return false
    case 'turned-away':
      return target.length === 0 && isBy(fact.actor, by)
    case 'decision':
      return isBy(fact.actor, by) && (target.length === 0 || fact.demands.some(({ scope }) => isOn(scope, target)))
  }
}

const isBy = (actor: { readonly id: string; readonly name: string | null }, by: string | null): boolean =>
  by === null || actor.id === by || actor.name?.toLowerCase() === by.toLowerCase()

type DecisionScope = Extract<AuditRecord['fact'], { kind: 'decision' }>['demands'][number]['scope']

function isOn(scope: DecisionScope, target: readonly string[]): boolean {
  if (scope.kind === 'shop') return false
  const names = scope.kind === 'tier' ? [scope.tier] : [scope.target.service, scope.target.tier]
  return target.every((word) => names.includes(word))
}
