import type { Clock } from '../ports/clock.ts'
import type { Entry, StoreReader } from '../ports/store.ts'
import { keys, numberIn } from '../store/keys.ts'
import { readTargets } from '../store/target-pages.ts'
import { lineIn, type Line } from './line.ts'

/** One look at a tier: whatever began since shows in `starts`, which is compared by who begins next. */
export interface LineLook {
  readonly line: Line
  readonly starts: Entry | null
  /** Rollouts of which a person wants something. */
  readonly wished: ReadonlySet<number>
}

/** `atMostMs`: how old a look may be that somebody else asked for. */
export type LineReader = (tier: string, atMostMs: number) => Promise<LineLook>

/** One look serves all that wait in a tier. Throws `StoreUnavailable` and `UnreadableRecord`. */
export function createLineReader(store: StoreReader, clock: Clock): LineReader {
  const last = new Map<string, { readonly at: number; readonly look: Promise<LineLook> }>()

  async function lookAt(tier: string): Promise<LineLook> {
    // The counter first: who begins behind this moment changes it.
    const starts = await store.get(keys.startCounter(tier))
    const [entries, wishes] = await Promise.all([
      readTargets(store, keys.targetsIn(tier)),
      store.range(keys.wishes, { keysOnly: true }),
    ])
    const wished = new Set(wishes.entries.map((entry) => numberIn(entry.key) ?? 0))
    return { line: lineIn(entries, tier), starts, wished }
  }

  return (tier, atMostMs) => {
    const now = clock.monotonic()
    const before = last.get(tier)
    if (before !== undefined && now - before.at < atMostMs) return before.look
    const look = lookAt(tier)
    last.set(tier, { at: now, look })
    look.catch(() => last.delete(tier))
    return look
  }
}
