import type { Entry, StoreReader } from '../ports/store.ts'
import { UnreadableRecord } from '../store/record.ts'
import {
  auditRecord,
  chainEnd,
  checkLink,
  endAt,
  hashOf,
  noRecord,
  seqOf,
  type ChainEnd,
  type ChainKeys,
} from './chain.ts'

/** The end of a chain, compared with the end that this process knew. */
export type FoundEnd =
  | { readonly kind: 'as-known'; readonly end: ChainEnd }
  /** The chain was changed from outside. `behind` is where it may go on without writing over any record that is left. */
  | { readonly kind: 'disturbed'; readonly why: string; readonly found: ChainEnd | null; readonly behind: ChainEnd }

/** Records that another replica may have appended meanwhile are read in pages of this size. */
const pageSize = 200

/**
 * Compares the stored head with the last record that this process knew (null: it has just started). Rejects with
 * `StoreUnavailable`, or with `UnreadableRecord` for a head that is no head.
 */
export async function findEnd(
  store: StoreReader,
  keys: ChainKeys,
  head: Entry | null,
  known: ChainEnd | null,
): Promise<FoundEnd> {
  const found = head === null ? noRecord : chainEnd.read(head)
  const why = known === null ? await faultAtStart(store, keys, found) : await faultSince(store, keys, found, known)
  if (why === null) return { kind: 'as-known', end: found }
  const behind = await lastOf(store, keys, [found, known ?? noRecord])
  return { kind: 'disturbed', why, found: head === null ? null : found, behind }
}

async function faultAtStart(store: StoreReader, keys: ChainKeys, found: ChainEnd): Promise<string | null> {
  const [last, next] = await Promise.all([
    found.seq === 0 ? null : store.get(keys.record(found.seq)),
    store.range(keys.records, { after: keys.record(found.seq), limit: 1, keysOnly: true }),
  ])
  const [first] = next.entries
  const behind = first === undefined ? null : seqOf(keys, first.key)
  if (behind !== null) return `its head says ${found.seq}, but record ${behind} is there`
  if (found.seq === 0) return null
  if (last === null) return `record ${found.seq}, which its head names, is missing`
  return hashOf(last.value) === found.hash ? null : `record ${found.seq} is not the one that its head names`
}

async function faultSince(
  store: StoreReader,
  keys: ChainKeys,
  found: ChainEnd,
  known: ChainEnd,
): Promise<string | null> {
  if (found.seq < known.seq) return `its head was set back from record ${known.seq} to ${found.seq}`
  if (found.seq === known.seq) {
    return found.hash === known.hash ? null : `its head has a different hash for record ${known.seq}`
  }
  const checkpoint = await endAt(store, keys.checkpoint)
  // Another replica wrote much, and old records were cut off since: what is left begins at the checkpoint.
  let end = checkpoint.seq > known.seq ? checkpoint : known
  let fault: string | null = null
  while (end.seq < found.seq) {
    const page = await store.range(keys.records, { after: keys.record(end.seq), limit: pageSize })
    const records = page.entries.filter((entry) => seqOf(keys, entry.key) !== null)
    if (records.length === 0) return fault ?? `record ${end.seq + 1} is missing`
    for (const entry of records) {
      if (end.seq >= found.seq) break
      const link = checkLink(entry, end, keys)
      if (link.kind === 'broken') fault ??= link.why.replace(/\.$/, '')
      end = { seq: seqOf(keys, entry.key) ?? end.seq, hash: hashOf(entry.value) }
      // Another process found this and recorded it: the chain begins again at that record.
      if (isDisturbance(entry)) fault = null
    }
  }
  if (fault !== null) return fault
  return end.hash === found.hash ? null : `its head has a different hash for record ${found.seq}`
}

function isDisturbance(entry: Entry): boolean {
  try {
    return auditRecord.read(entry).fact.kind === 'disturbed'
  } catch (error) {
    if (error instanceof UnreadableRecord) return false
    throw error
  }
}

/** The last record there is or was, so that nothing is written over. */
async function lastOf(store: StoreReader, keys: ChainKeys, ends: readonly ChainEnd[]): Promise<ChainEnd> {
  // All numbers begin with a zero. A reversed read is dear on a long chain; it happens only when something is wrong.
  const { entries } = await store.range(`${keys.records}0`, { reverse: true, limit: 1 })
  const [newest] = entries
  const seq = newest === undefined ? null : seqOf(keys, newest.key)
  const stored = newest === undefined || seq === null ? noRecord : { seq, hash: hashOf(newest.value) }
  return [stored, ...ends].reduce((last, end) => (end.seq > last.seq ? end : last))
}
