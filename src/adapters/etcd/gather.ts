import type { IKeyValue } from 'etcd3'
import { StoreUnavailable } from '../../ports/store.ts'
import type { Connection } from './connection.ts'

/** Reads one whole key; null when there is no such key. */
export type ReadKey = (key: string) => Promise<IKeyValue | null>

/** Of the largest values that etcd takes (1.5 MiB) so many fit into one answer of ours; it takes 128 operations at once. */
const MOST_KEYS = 40

interface Batch {
  readonly keys: Set<string>
  readonly found: Promise<ReadonlyMap<string, IKeyValue>>
}

/**
 * Reads single keys. All that are asked for in one turn of the event loop are one question to etcd, and the same key is
 * asked for once: two hundred plans at once want over a thousand keys, and by themselves those would time each other out.
 * Nothing is answered from what was read before it was asked for.
 */
export function gatherReads(connection: Connection, limitMs: number): ReadKey {
  let open: Batch | null = null

  const begin = (): Batch => {
    const keys = new Set<string>()
    const turnEnds = new Promise<void>((resolve) => {
      setImmediate(() => {
        if (open?.keys === keys) open = null
        resolve()
      })
    })
    return { keys, found: turnEnds.then(() => readAll(connection, [...keys], limitMs)) }
  }

  return async (key) => {
    if (open === null || open.keys.size >= MOST_KEYS) open = begin()
    const { keys, found } = open
    keys.add(key)
    const ended = connection.clock.monotonic() + limitMs
    try {
      return (await found).get(key) ?? null
    } catch (error) {
      // One key that the user may not read refuses all of them.
      if (keys.size === 1 || !(error instanceof StoreUnavailable) || error.refused === null) throw error
      return readOne(connection, key, Math.max(0, ended - connection.clock.monotonic()))
    }
  }
}

async function readAll(
  connection: Connection,
  keys: readonly string[],
  limitMs: number,
): Promise<ReadonlyMap<string, IKeyValue>> {
  const [first = ''] = keys
  const found =
    keys.length === 1 ? [await readOne(connection, first, limitMs)] : await readMany(connection, keys, limitMs)
  return new Map(found.flatMap((kv, at) => (kv === null ? [] : [[keys[at] ?? '', kv]])))
}

async function readOne(connection: Connection, key: string, limitMs: number): Promise<IKeyValue | null> {
  const answer = await connection.call(
    ({ member, options }) => member.client.kv.range({ key: Buffer.from(key) }, options),
    { limitMs },
  )
  connection.saw(answer.header)
  return answer.kvs[0] ?? null
}

/** A transaction that only reads goes through the quorum as any read, and writes nothing. */
async function readMany(
  connection: Connection,
  keys: readonly string[],
  limitMs: number,
): Promise<readonly (IKeyValue | null)[]> {
  const success = keys.map((key) => ({ request_range: { key: Buffer.from(key) } }))
  const answer = await connection.call(({ member, options }) => member.client.kv.txn({ success }, options), { limitMs })
  connection.saw(answer.header)
  // A key that is not there is a word of etcd's, and no missing answer.
  if (answer.responses.length !== keys.length) throw new StoreUnavailable('etcd did not answer for every key')
  return answer.responses.map(({ response_range: { kvs } }) => kvs[0] ?? null)
}
