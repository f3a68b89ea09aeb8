import type { HistoryPage, HistoryRow } from '../domain/history.ts'
import type { StoreReader } from '../ports/store.ts'
import { numberIn } from '../store/keys.ts'
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
  readonly row: HistoryRow
}

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
  const pages = await Promise.all(
    indexes.map(async (index) => {
      const newest = from?.get(index.name)
      if (newest === undefined) return newestOf(store, index, limit, known, heads)
      heads.set(index.name, newest)
      return newest === 0 ? [] : rowsOf(store, index, newest, limit)
    }),
  )
  const merged = pages.flat().sort((a, b) => b.row.endedAt - a.row.endedAt || b.row.id - a.row.id)
  const shown = merged.slice(0, limit)
  for (const { index, n } of shown) heads.set(index.name, Math.min(heads.get(index.name) ?? n, n - 1))
  // A page that is not full ends at the first row, or where retention has taken what was before.
  const goesOn = pages.some((page) => page.length === limit && page.every(({ n }) => n > 1))
  const more = merged.length > shown.length || goesOn
  return { rows: shown.map(({ row }) => row), older: more ? cursorText(heads) : null }
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
  heads: Map<string, number>,
): Promise<Numbered[]> {
  const before = known.get(index.name) ?? 0
  const likely = before === 0 ? [] : await rowsOf(store, index, before + mostNew, limit + mostNew)
  const last = likely.at(-1)?.n ?? 0
  const seen = last > 0 && last >= before && last < before + mostNew
  const newest = seen ? last : await lastOf(store, index)
  known.set(index.name, newest)
  heads.set(index.name, newest)
  if (newest === 0) return []
  const page = likely.filter(({ n }) => n <= newest && n > newest - limit)
  return page.length === Math.min(limit, newest) ? page : rowsOf(store, index, newest, limit)
}

async function lastOf(store: StoreReader, index: HistoryIndex): Promise<number> {
  const entry = await store.get(index.counter)
  return entry === null ? 0 : counterRecord.read(entry).last
}

async function rowsOf(store: StoreReader, index: HistoryIndex, newest: number, limit: number): Promise<Numbered[]> {
  const oldest = Math.max(1, newest - limit + 1)
  const after = `${index.prefix}${String(oldest - 1).padStart(12, '0')}`
  const { entries } = await store.range(index.prefix, { after, limit: newest - oldest + 1 })
  return entries.map((entry) => ({ index, n: numberIn(entry.key) ?? 0, row: historyRecord.read(entry) }))
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
