import { z } from 'zod'
import type { Evidence } from './evidence.ts'

const call = z.object({ verb: z.string(), home: z.string().nullable() })
const fault = z.object({ kind: z.string() })
const disturbing = new Set(['slow', 'hang', 'refuse', 'error', 'short', 'no-rows', 'fleetd-freeze', 'fleetd-stop'])
const mending = new Set(['answer-well', 'fleetd-thaw', 'fleetd-start', 'clear'])

/**
 * How often a process asked the fleet of a tier what runs, from one time to a later one. Null where an API of that fleet was
 * disturbed in between: then it is not known what the process was shown.
 */
export function looksBetween(
  { fleet, homes }: Pick<Evidence, 'fleet' | 'homes'>,
  { tier, pid, from, to }: { readonly tier: string; readonly pid: number; readonly from: number; readonly to: number },
): number | null {
  let disturbed = false
  let looks = 0
  for (const line of fleet) {
    if (line.tier !== tier || line.at > to) continue
    if (line.action === 'fault') {
      const { kind } = fault.parse(line.detail)
      if (disturbing.has(kind)) disturbed = true
      if (mending.has(kind) && line.at < from) disturbed = false
    }
    if (line.action !== 'call' || line.at < from) continue
    const { verb, home } = call.parse(line.detail)
    if (verb === 'list-units' && home !== null && homes.get(home) === pid) looks += 1
  }
  return disturbed ? null : looks
}
