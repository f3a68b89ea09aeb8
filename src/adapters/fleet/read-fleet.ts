import type { Clock } from '../../ports/clock.ts'
import type { Endpoints } from './endpoints.ts'
import type { Fleetctl } from './fleetctl.ts'
import { readLists } from './read-lists.ts'
import { viewOf, type Seen } from './view.ts'

/** `reports` tells two looks apart by what was reported. */
export type FleetReading =
  (Seen & { readonly reports?: string }) | { readonly kind: 'unknown'; readonly reason: string }

/**
 * One poll: all three lists from one endpoint, the next endpoint when that one gives no complete answer. An endpoint that
 * hangs costs its limit once and is then asked last for a while. `progress` hears what each endpoint said so far.
 */
export async function readFleet(
  parts: {
    readonly fleetctl: Fleetctl
    readonly endpoints: Endpoints
    readonly label: (endpoint: string | null) => string
    readonly listTimeoutMs: number
    readonly clock: Clock
  },
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<FleetReading> {
  const { endpoints, clock } = parts
  const reasons: string[] = []
  for (const endpoint of endpoints.order(clock.monotonic())) {
    if (signal.aborted) break
    progress([...reasons, `${parts.label(endpoint)}: no answer yet`].join('; '))
    const reading = await readLists(parts.fleetctl, endpoint, { timeLimitMs: parts.listTimeoutMs, signal })
    if (reading.kind === 'lists') {
      endpoints.worked(endpoint)
      const seen = viewOf(reading.lists)
      return seen.kind === 'seen' ? { ...seen, reports: reading.reports } : seen
    }
    if (reading.anywhere) return { kind: 'unknown', reason: reading.reason }
    if (signal.aborted) break
    endpoints.failed(endpoint, clock.monotonic())
    reasons.push(`${parts.label(endpoint)}: ${reading.reason}`)
  }
  const reason = reasons.length === 0 ? 'it was called off' : reasons.join('; ')
  return { kind: 'unknown', reason: `fleet gave no complete answer (${reason})` }
}
