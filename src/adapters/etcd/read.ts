import { GRPCOutOfRangeError, SortOrder, SortTarget, type IKeyValue, type IRangeRequest } from 'etcd3'
import type { Page, RangeOptions } from '../../ports/store.ts'
import type { Connection } from './connection.ts'
import { endOf, entryOf } from './keys.ts'

/** Ranges without a limit are read in pieces: 100k keys in one answer cost etcd 380 MB. */
const PIECE = 1000

/** All of one revision. When a compaction overtakes a long read, it begins again. */
export async function range(
  connection: Connection,
  root: string,
  prefix: string,
  options: RangeOptions,
  limitMs: number,
): Promise<Page> {
  const ended = connection.clock.monotonic() + limitMs
  for (;;) {
    try {
      return await rangeOnce(connection, root, prefix, options, ended)
    } catch (error) {
      if (!(error instanceof Error && error.cause instanceof GRPCOutOfRangeError)) throw error
    }
  }
}

async function rangeOnce(
  connection: Connection,
  root: string,
  prefix: string,
  options: RangeOptions,
  ended: number,
): Promise<Page> {
  const { limit, reverse = false, keysOnly = false } = options
  const bounds = boundsOf(root, prefix, options)
  let kvs: readonly IKeyValue[] = []
  let { start } = bounds
  let revision: string | null = null
  // Without a limit the pieces come in key order and are turned round at the end: sorting makes etcd read all, each time.
  const descend = reverse && limit !== undefined
  for (;;) {
    const request: IRangeRequest = {
      key: start,
      range_end: bounds.end,
      limit: limit === undefined ? PIECE : Math.max(1, limit),
      keys_only: keysOnly,
      ...(revision === null ? {} : { revision }),
      ...(descend ? { sort_order: SortOrder.Descend, sort_target: SortTarget.Key } : {}),
    }
    const answer = await connection.call(({ member, options }) => member.client.kv.range(request, options), {
      limitMs: Math.max(0, ended - connection.clock.monotonic()),
    })
    revision ??= answer.header.revision
    connection.saw(answer.header)
    kvs = kvs.concat(answer.kvs)
    const last = kvs.at(-1)
    if (limit !== undefined || !answer.more || last === undefined) {
      const kept = limit === undefined ? kvs : kvs.slice(0, limit)
      const entries = kept.map((kv) => entryOf(root, kv))
      if (reverse && !descend) entries.reverse()
      return { entries, revision, more: answer.more || kept.length < kvs.length }
    }
    start = Buffer.concat([last.key, Buffer.from([0])])
  }
}

/** The half-open range of full keys. `after` narrows it, and never widens it past the prefix. */
function boundsOf(root: string, prefix: string, { after, reverse = false }: RangeOptions) {
  const begin = Buffer.from(root + prefix)
  const start = begin.length === 0 ? Buffer.from([0]) : begin
  const end = endOf(begin)
  if (after === undefined) return { start, end }
  const mark = Buffer.from(root + after)
  const endless = end.equals(Buffer.from([0]))
  if (reverse) return { start, end: endless || mark.compare(end) < 0 ? mark : end }
  const behind = Buffer.concat([mark, Buffer.from([0])])
  return { start: behind.compare(start) > 0 ? behind : start, end }
}
