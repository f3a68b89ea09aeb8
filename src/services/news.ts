import type { Clock } from '../ports/clock.ts'
import type { StoreReader } from '../ports/store.ts'
import { numberIn } from '../store/keys.ts'

/**
 * Wakes readers when the counted key of a rollout below `prefix` changes: one watch for all of them. A reader that was woken for nothing, or not
 * woken at all, loses nothing: it looks again by itself.
 */
export function createNews(store: StoreReader, clock: Clock, prefix: string, signal: AbortSignal) {
  const waiting = new Map<number, Set<AbortController>>()
  const seen = new Set<number>()

  async function listen(): Promise<void> {
    const { revision } = await store.range(prefix, { limit: 1, keysOnly: true })
    for await (const change of store.watch(prefix, revision, signal)) {
      if (change.kind !== 'put') continue
      const id = numberIn(change.entry.key)
      if (id === null) continue
      const sleepers = waiting.get(id)
      if (seen.size > 10_000) seen.clear()
      if (sleepers === undefined) seen.add(id)
      else for (const sleeper of sleepers) sleeper.abort()
    }
  }

  async function keepListening(): Promise<void> {
    while (!signal.aborted) {
      await listen().catch(() => undefined)
      await clock.sleep(1000, signal)
    }
  }
  const listening = keepListening()

  return {
    /** Resolves when the rollout changed since it was last asked about, or after `ms`, or when the signal aborts. */
    async of(id: number, ms: number, stop: AbortSignal): Promise<void> {
      if (seen.delete(id)) return
      const woken = new AbortController()
      const sleepers = waiting.get(id) ?? new Set()
      waiting.set(id, sleepers.add(woken))
      await clock.sleep(ms, AbortSignal.any([woken.signal, stop]))
      sleepers.delete(woken)
      if (sleepers.size === 0) waiting.delete(id)
    },
    done: listening,
  }
}
