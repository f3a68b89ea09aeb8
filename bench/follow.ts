import { createEtcdStore } from '../src/adapters/etcd/store.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import { prefix } from './shop.ts'

export interface Change {
  readonly key: string
  /** Null: it was deleted. */
  readonly value: string | null
  readonly revision: number
  /** When it was seen, milliseconds since the epoch. */
  readonly by: number
}

/** Follows every change of the bot's keys in etcd. */
export interface Follower {
  /** All so far, in etcd's order. */
  readonly changes: readonly Change[]
  /** The newest value of each key that is there. */
  readonly now: ReadonlyMap<string, string>
  stop(): Promise<void>
}

export async function follow(etcd: string): Promise<Follower> {
  const store = createEtcdStore({ endpoints: [etcd], prefix, timeoutMs: 15_000, clock: systemClock })
  const stopping = new AbortController()
  const changes: Change[] = []
  const now = new Map<string, string>()
  const { revision } = await store.range('', { limit: 1, keysOnly: true })
  const listen = async (): Promise<void> => {
    for await (const change of store.watch('', revision, stopping.signal)) {
      const by = Date.now()
      if (change.kind === 'relist') throw new Error('a watch of etcd has a gap')
      if (change.kind === 'put') {
        const { key, value, modified } = change.entry
        changes.push({ key, value, revision: Number(modified), by })
        now.set(key, value)
      } else {
        changes.push({ key: change.key, value: null, revision: Number(change.revision), by })
        now.delete(change.key)
      }
    }
  }
  const listening = listen()
  return {
    changes,
    now,
    async stop() {
      stopping.abort()
      await listening
      await store.close()
    },
  }
}
