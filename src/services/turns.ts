import { hashOf } from '../authorization/chain.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Lease, StoreLeases, StoreWriter } from '../ports/store.ts'
import { keys } from '../store/keys.ts'
import { ownerRecord } from '../store/records.ts'

/** Which of the processes that heard a request carries it out and answers it. */
export interface Turns {
  /** Makes the connection and the lease, so that the first request need not wait for them. Never rejects. */
  prepare(): Promise<void>
  /**
   * `mine`: all others keep silent. `taken`: it is handled or was answered, by another process or by this one.
   * `unknown`: the store did not say in time; an answer too many is better than none. Never rejects.
   */
  take(requestKey: string): Promise<'mine' | 'taken' | 'unknown'>
}

/** A turn ends that long after its process died: whoever hears the request then takes it up. */
const leaseMs = 10_000

/**
 * Each request is claimed by a key under a lease of the process. A lease serves for `keepMs` and is given back `keepMs`
 * later, so that a key stays for once to twice that time, and nothing is left to tidy up.
 */
export function createTurns(parts: {
  readonly store: StoreWriter & StoreLeases
  readonly clock: Clock
  readonly log: Log
  /** Names this process. */
  readonly driver: string
  /** Longest wait for the store, in milliseconds. */
  readonly withinMs: number
  /** Milliseconds in which the same request counts as answered. Default 10 minutes. */
  readonly keepMs?: number
}): Turns {
  const { store, clock, log, driver, keepMs = 600_000 } = parts
  let current: { readonly lease: Lease; readonly since: number } | null = null
  let granting: Promise<Lease> | null = null

  async function grant(): Promise<Lease> {
    const lease = await store.grant(leaseMs)
    const before = current
    current = { lease, since: clock.monotonic() }
    if (before !== null) void clock.sleep(keepMs, before.lease.lost).then(() => before.lease.release())
    return lease
  }

  function lease(): Promise<Lease> {
    const usable =
      current !== null && !current.lease.lost.aborted && clock.monotonic() - current.since < keepMs ? current : null
    if (usable !== null) return Promise.resolve(usable.lease)
    granting ??= grant().finally(() => {
      granting = null
    })
    return granting
  }

  async function claim(requestKey: string): Promise<'mine' | 'taken' | 'unknown'> {
    try {
      const { id } = await lease()
      const key = keys.heard(hashOf(requestKey))
      const value = ownerRecord.write({ driver, since: clock.now() })
      const result = await store.commit({ require: [{ kind: 'absent', key }], puts: [{ key, value, lease: id }] })
      return result.kind === 'committed' ? 'mine' : 'taken'
    } catch (error) {
      log.debug({ err: error }, 'whether another process answers is not known')
      return 'unknown'
    }
  }

  return {
    async prepare() {
      await lease().catch((error: unknown) => log.debug({ err: error }, 'no lease yet for answering requests'))
    },
    async take(requestKey) {
      const given = new AbortController()
      const late = clock.sleep(parts.withinMs, given.signal).then(() => 'unknown' as const)
      const turn = await Promise.race([claim(requestKey), late])
      given.abort()
      return turn
    },
  }
}
