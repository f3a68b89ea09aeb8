import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { StoreUnavailable, type Lease, type StoreLeases } from '../ports/store.ts'
import { Outage } from '../store/outage.ts'

/** Work that lies in the store, each piece of which one process does at a time. */
export interface WorkSource<Claim> {
  /** For log lines: "rollout", "thread". */
  readonly what: string
  /** Numbers of the pieces that nobody has claimed. */
  unclaimed(): Promise<readonly number[]>
  /** Null when somebody else was faster. The claim must end with the lease. */
  claim(id: number, lease: Lease): Promise<Claim | null>
  /** Does the piece until it is done, the lease is lost, or the signal aborts. What it answers is for the log. */
  work(claim: Claim, lease: Lease, stop: AbortSignal): Promise<string>
}

export interface Claiming {
  /** Says that there is a new piece, so that nobody waits for the next look. */
  notice(): void
  /** Lets go of everything: each piece ends at its next safe point, within `withinMs`. */
  stop(withinMs: number): Promise<void>
}

/**
 * Looks for unclaimed work at every `lookMs` and whenever told, claims each piece under a lease of its own, and works on
 * all of them side by side. The store being away is waited out.
 */
export function claimWork<Claim>(
  source: WorkSource<Claim>,
  parts: {
    readonly leases: StoreLeases
    readonly clock: Clock
    readonly log: Log
    readonly ttlMs: number
    readonly lookMs: number
  },
): Claiming {
  const { leases, clock, log } = parts
  const stopping = new AbortController()
  const running = new Map<number, Promise<void>>()
  const outage = new Outage(log, {}, `who looks for a ${source.what} to take up`)
  let wake = new AbortController()

  async function take(id: number): Promise<void> {
    let lease: Lease | null = null
    try {
      lease = await leases.grant(parts.ttlMs)
      const claim = await source.claim(id, lease)
      if (claim === null) return
      log.info({ [source.what]: id }, `took up ${source.what} ${id}`)
      const how = await source.work(claim, lease, stopping.signal)
      log.info({ [source.what]: id, how }, `let go of ${source.what} ${id}`)
      // What could not be read now is not looked at again at once.
      if (how === 'unreadable') await clock.sleep(30_000, stopping.signal)
    } catch (error) {
      const level = error instanceof StoreUnavailable ? 'warn' : 'error'
      log[level]({ [source.what]: id, err: error }, `${source.what} ${id} was let go of`)
      await clock.sleep(1000, stopping.signal)
    } finally {
      await lease?.release()
    }
  }

  async function look(): Promise<void> {
    try {
      for (const id of await source.unclaimed()) {
        if (running.has(id) || stopping.signal.aborted) continue
        const work = take(id).finally(() => {
          running.delete(id)
        })
        running.set(id, work)
      }
      outage.over()
    } catch (error) {
      if (error instanceof StoreUnavailable) outage.failed(error)
      else log.warn({ err: error }, `cannot look for a ${source.what} to take up`)
    }
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      wake = new AbortController()
      await look()
      await clock.sleep(parts.lookMs, AbortSignal.any([wake.signal, stopping.signal]))
    }
  }

  const looping = loop()
  return {
    notice: () => wake.abort(),
    async stop(withinMs) {
      stopping.abort()
      await Promise.race([Promise.all([looping, ...running.values()]), clock.sleep(withinMs)])
    },
  }
}
