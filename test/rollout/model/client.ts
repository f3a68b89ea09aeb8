import type { Lease, StoreLeases, StoreReader, StoreUnavailable, StoreWriter } from '../../../src/ports/store.ts'
import type { ModelEtcd } from './etcd.ts'
import type { ModelProcess } from './process.ts'
import type { Timeline } from './timeline.ts'

/** The way of one process to etcd. */
export interface Link {
  /** `cut`: nothing arrives. `deaf`: requests arrive and answers do not. `slow`: both take up to seconds. */
  state: 'well' | 'cut' | 'deaf' | 'slow'
}

export interface ClientParts {
  readonly timeline: Timeline
  readonly etcd: ModelEtcd
  readonly process: ModelProcess
  readonly link: Link
  readonly random: () => number
  /** Makes the error that the engine under test knows. */
  readonly unavailable: (message: string, refused: StoreUnavailable['refused']) => Error
  /** Told when a transaction is sent, and when it was applied. */
  readonly passed: (point: 'commit-sent' | 'commit-applied', puts: readonly string[]) => void
}

/** Shorter than the bot's own, so that a cut is felt in a short story. */
const timeoutMs = 3000
/** As in the adapter: past this share of the TTL without a renewal nothing may be done under the lease any more. */
const trustedShare = 0.6

/** The store port over a model of etcd, for one process that may be killed, stopped, or cut off at any moment. */
export function createClient(parts: ClientParts): Omit<StoreReader, 'watch'> & StoreWriter & StoreLeases {
  const { timeline, etcd, process, link, random, unavailable } = parts

  const latency = (): number => (link.state === 'slow' ? random() * 2500 : 1 + random() * 14)

  /** A request that was sent arrives, whatever becomes of who sent it. */
  function ask<T>(apply: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let over = false
      const end = (how: () => void): void => {
        if (over) return
        over = true
        callOff()
        how()
      }
      const callOff = process.after(timeoutMs, () =>
        end(() => reject(unavailable('etcd did not answer in time', null))),
      )
      timeline.after(latency(), () => {
        if (link.state === 'cut' || etcd.away) return
        const answer = apply()
        timeline.after(latency(), () => {
          if (link.state === 'cut' || link.state === 'deaf') return
          process.deliver(() => end(() => resolve(answer)))
        })
      })
    })
  }

  return {
    get: (key) => ask(() => etcd.get(key)),
    range: (prefix, options) => ask(() => etcd.range(prefix, options)),
    async commit(transaction) {
      const puts = transaction.puts.map(({ key }) => key)
      const asked = ask(() => {
        const result = etcd.commit(transaction, process.name)
        if (result.kind === 'committed') parts.passed('commit-applied', puts)
        return result
      })
      parts.passed('commit-sent', puts)
      const result = await asked
      if (result.kind === 'lease-gone') throw unavailable('the lease is gone', 'lease-gone')
      return result
    },
    async grant(ttlMs) {
      const sentAt = process.monotonic()
      const id = await ask(() => etcd.grant(ttlMs))
      return createLease(id, ttlMs, sentAt)
    },
  }

  function createLease(id: string, ttlMs: number, sentAt: number): Lease {
    const losing = new AbortController()
    let renewedAt = sentAt
    const look = (): AbortSignal => {
      if (process.monotonic() >= renewedAt + ttlMs * trustedShare) losing.abort()
      return losing.signal
    }
    const watch = async (): Promise<void> => {
      while (!look().aborted)
        await process.sleep(Math.max(1, renewedAt + ttlMs * trustedShare - process.monotonic()), losing.signal)
    }
    const renew = async (): Promise<void> => {
      for (;;) {
        await process.sleep(Math.max(0, renewedAt + ttlMs / 3 - process.monotonic()), losing.signal)
        if (look().aborted) return
        const at = process.monotonic()
        const left = await ask(() => etcd.renew(id)).catch(() => null)
        if (look().aborted) return
        if (left === 0) losing.abort()
        else if (left === null) await process.sleep(100, losing.signal)
        else renewedAt = at
      }
    }
    void watch()
    void renew()
    return {
      id,
      get lost() {
        return look()
      },
      remainingMs: () => (look().aborted ? 0 : renewedAt + ttlMs - process.monotonic()),
      async release() {
        losing.abort()
        await ask(() => etcd.revoke(id)).catch(() => undefined)
      },
    }
  }
}
