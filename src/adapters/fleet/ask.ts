import type { Clock } from '../../ports/clock.ts'
import type { CallResult } from '../../ports/scheduler.ts'
import type { Endpoints } from './endpoints.ts'
import type { Fleetctl } from './fleetctl.ts'
import { commandOf, judge, type Verb } from './judge.ts'
import { isUnitName } from './parse.ts'

/** Milliseconds below which a further endpoint is not begun with: fleetctl needs up to 100 ms and a wish wants an answer. */
const leastMs = 200

/**
 * Asks one thing of one unit, within `timeLimitMs` in all. An endpoint that cannot be reached passes the question on: it
 * is harmless to ask twice. One that hangs does not: the time is used up, and the next call begins elsewhere.
 */
export async function ask(
  parts: {
    readonly fleetctl: Fleetctl
    readonly endpoints: Endpoints
    readonly label: (endpoint: string | null) => string
    readonly clock: Clock
    readonly timeLimitMs: number
  },
  verb: Verb,
  unit: string,
  signal: AbortSignal,
): Promise<CallResult> {
  if (!isUnitName(unit)) {
    const message = `${JSON.stringify(unit)} is not the name of one unit: fleetctl ${verb} was not run. Give a name such as api@1.service.`
    return { kind: 'failed', message }
  }
  const { endpoints, clock } = parts
  const deadline = clock.monotonic() + parts.timeLimitMs
  const reasons: string[] = []
  for (const endpoint of endpoints.order(clock.monotonic())) {
    const left = deadline - clock.monotonic()
    if (reasons.length > 0 && (left < leastMs || signal.aborted)) break
    const ran = await parts.fleetctl(endpoint, [...commandOf(verb), unit], { timeLimitMs: left, signal })
    const { result, elsewhere } = judge(verb, unit, ran)
    if (result.kind === 'asked') endpoints.worked(endpoint)
    if (result.kind === 'killed' && ran.kind === 'killed' && ran.by === 'time-limit') {
      endpoints.failed(endpoint, clock.monotonic())
    }
    if (result.kind === 'asked' || !elsewhere) return result
    endpoints.failed(endpoint, clock.monotonic())
    reasons.push(`${result.message} (${parts.label(endpoint)})`)
  }
  return { kind: 'failed', message: reasons.join('; ') }
}
