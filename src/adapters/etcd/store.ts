import type { StoreLeases, StoreReader, StoreWriter } from '../../ports/store.ts'
import { check, type EtcdHealth } from './check.ts'
import { commit } from './commit.ts'
import { openConnection, type Connection } from './connection.ts'
import { gatherReads } from './gather.ts'
import { entryOf, rootOf } from './keys.ts'
import { grant } from './lease.ts'
import type { EtcdOptions } from './options.ts'
import { range } from './read.ts'
import { watch } from './watch.ts'

export interface EtcdStore extends StoreReader, StoreWriter, StoreLeases {
  /** The same store on the same connection, with another time limit for each call, in milliseconds. */
  within(timeoutMs: number): EtcdStore
  /** The same connection, with other keys: `prefix` replaces the one that the store was made with. */
  under(prefix: string): EtcdStore
  /** Asks the server about itself, and reads below the prefix. Rejects with `StoreUnavailable` when it may not. */
  check(): Promise<EtcdHealth>
  /** Ends watches and leases (they count as lost) and all calls. The others made from this store are closed with it. */
  close(): Promise<void>
}

/** Makes no connection before the first call. Throws on endpoints that are none. */
export function createEtcdStore(options: EtcdOptions): EtcdStore {
  return storeOn(openConnection(options), rootOf(options.prefix), options.timeoutMs)
}

function storeOn(connection: Connection, root: string, timeoutMs: number): EtcdStore {
  const read = gatherReads(connection, timeoutMs)
  return {
    async get(key) {
      const kv = await read(root + key)
      return kv === null ? null : entryOf(root, kv)
    },
    range: (prefix, options = {}) => range(connection, root, prefix, options, timeoutMs),
    watch: (prefix, fromRevision, signal) => watch(connection, root, prefix, fromRevision, signal, timeoutMs),
    commit: (transaction) => commit(connection, root, transaction, timeoutMs),
    grant: (ttlMs) => grant(connection, ttlMs, timeoutMs),
    within: (other) => storeOn(connection, root, other),
    under: (prefix) => storeOn(connection, rootOf(prefix), timeoutMs),
    check: () => check(connection, root, timeoutMs),
    close: () => connection.close(),
  }
}
