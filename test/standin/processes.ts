import { seenOnHosts } from './happenings.ts'
import type { History } from './history.ts'
import { isSubsequence } from './sequences.ts'
import type { Entry } from './transcript.ts'

/** Units whose processes did not live and die in the recorded order, told in words. */
export function wrongProcesses(entries: readonly Entry[], history: History): string[] {
  const recorded = new Map<string, string[]>()
  for (const entry of entries) {
    const seen = entry.kind === 'happening' ? seenOnHosts(entry.text) : null
    if (seen !== null) recorded.set(seen.unit, [...(recorded.get(seen.unit) ?? []), seen.live])
  }
  return [...recorded].flatMap(([unit, live]) => {
    const had = history.processes.get(unit) ?? []
    // A moment without any process may be shorter than a look, but it must not be the last that was recorded.
    const wanted = live.filter((now, index) => now !== '' || index === live.length - 1)
    if (isSubsequence(wanted, had)) return []
    return [`${unit}: recorded live processes ${live.join(' > ')}; the stand-in had ${had.join(' > ')}`]
  })
}
