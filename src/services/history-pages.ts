import type { HistoryPage, HistoryRow } from '../domain/history.ts'
import type { Unreadable } from '../domain/unreadable.ts'
import type { StoreReader } from '../ports/store.ts'
import { numberIn } from '../store/keys.ts'
import { readEach } from '../store/record.ts'
import { counterRecord, historyRecord } from '../store/records.ts'

/** One counted index of history rows. */
export interface HistoryIndex {
  readonly name: string
  readonly counter: string
  readonly prefix: string
}

/** A cursor that is not ours. */
export class BadCursor extends Error {
  override readonly name = 'BadCursor'
}

/** Last row of each index, as it was last read: where the newest page very likely begins. */
export type LastRows = Map<string, number>

/** How many rows may have come since, for a page to be read at once. */
const mostNew = 10

interface Numbered {
  readonly index: HistoryIndex
  readonly n: number
  readonly row: HistoryRow | Unreadable
  /** When the row ended, and its rollout; of an unreadable row, those of the row after it. */
  readonly at: readonly [endedAt: number, id: number]
}

const isRow = (row: Numbered['row']): row is HistoryRow => 'phase' in row

/**
 * The newest rows of one or several indexes, newest first. Rows are counted, so that the newest page of an index is one
 * short range read, however long the history is. The cursor says, for each index, which row is the next older one.
 */
export async function readHistory(
  store: StoreReader,
  indexes: readonly HistoryIndex[],
  limit: number,
  before: string | null,
  known: LastRows = new Map(),
): Promise<HistoryPage> {
  const from = before === null ? null : parseCursor(before)
  const heads = new Map<string, number>()
  const faults: Unreadable[] = []
  const pages = await Promise.all(
    indexes.map(async (index) => {
      const newest = from?.get(index.name)
      if (newest === undefined) return newestOf(store, index, limit, known, { heads, faults })
      heads.set(index.name, newest)
      return newest === 0 ? [] : rowsOf(store, index, newest, limit)
    }),
  )
  const merged = pages.flat().sort((a, b) => b.at[0] - a.at[0] || b.at[1] - a.at[1] || b.n - a.n)
  const shown = merged.slice(0, limit)
  for (const { index, n } of shown) heads.set(index.name, Math.min(heads.get(index.name) ?? n, n - 1))
  // A page that is not full ends at the first row, or where retention has taken what was before.
  const goesOn = pages.some((page) => page.length === limit && page.every(({ n }) => n > 1))
  const more = merged.length > shown.length || goesOn
  const rows = shown.map(({ row }) => row)
  const unreadable = [...faults, ...rows.flatMap((row) => (isRow(row) ? [] : row))]
  return { rows: rows.filter(isRow), unreadable, older: more ? cursorText(heads) : null }
}

/**
 * Where the newest page was before is read with what came since: a row is written together with its number, so that the
 * last one before a gap is the newest. The counter is asked at first, and when more came than were read.
 */
async function newestOf(
  store: StoreReader,
  index: HistoryIndex,
  limit: number,
  known: LastRows,
  { heads, faults }: { readonly heads: Map<string, number>; readonly faults: Unreadable[] },
): Promise<Numbered[]> {
  const before = known.get(index.name) ?? 0
  const likely = before === 0 ? [] : await rowsOf(store, index, before + mostNew, limit + mostNew)
  const last = likely.at(-1)?.n ?? 0
  const seen = last > 0 && last >= before && last < before + mostNew
  const newest = seen ? last : await lastOf(store, index, faults)
  known.set(index.name, newest)
  heads.set(index.name, newest)
  if (newest === 0) return []
  const page = likely.filter(({ n }) => n <= newest && n > newest - limit)
  return page.length === Math.min(limit, newest) ? page : rowsOf(store, index, newest, limit)
}

async function lastOf(store: StoreReader, index: HistoryIndex, faults: Unreadable[]): Promise<number> {
  const entry = await store.get(index.counter)
  if (entry === null) return 0
  const { records, unreadable } = readEach([entry], counterRecord)
  const [counter] = records
  if (counter !== undefined) return counter.last
  faults.push(...unreadable)
  const { entries } = await store.range(index.prefix, { reverse: true, limit: 1, keysOnly: true })
  return numberIn(entries[0]?.key ?? '') ?? 0
}

async function rowsOf(store: StoreReader, index: HistoryIndex, newest: number, limit: number): Promise<Numbered[]> {
  const oldest = Math.max(1, newest - limit + 1)
  const after = `${index.prefix}${String(oldest - 1).padStart(12, '0')}`
  const { entries } = await store.range(index.prefix, { after, limit: newest - oldest + 1 })
  let at: Numbered['at'] = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
  const found = entries.toReversed().map((entry): Numbered => {
    const { records, unreadable } = readEach([entry], historyRecord)
    const row = records[0] ?? unreadable[0] ?? { key: entry.key, why: 'it is empty' }
    if (isRow(row)) at = [row.endedAt, row.id]
    return { index, n: numberIn(entry.key) ?? 0, row, at }
  })
  return found.toReversed()
}

const cursorText = (heads: ReadonlyMap<string, number>): string =>
  [...heads].map(([name, n]) => `${name}:${n}`).join(',')

function parseCursor(text: string): ReadonlyMap<string, number> {
  const heads = new Map<string, number>()
  for (const part of text.split(',')) {
    const match = /^([a-z0-9/-]+):(\d{1,12})$/.exec(part)
    if (match === null)
      throw new BadCursor(
        `"${text}" is no place in the history. Copy it from the last line of the page before, or leave it out.`,
      )
    heads.set(match[1] ?? '', Number(match[2]))
  }
  return heads
}
