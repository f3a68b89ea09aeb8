import { z } from 'zod'
import type { Evidence, FleetLine } from './evidence.ts'

/** One mutating run of fleetctl, as the fleet heard it. The harness's own runs are left out. */
export interface Call {
  readonly at: number
  readonly tier: string
  readonly verb: string
  readonly unit: string
  /** The machine whose API it spoke to. */
  readonly endpoint: string
  /** Process id of the bot that made it; null: the caller is unknown. */
  readonly pid: number | null
  /** The caller's HOME, which names the caller; null where fleetctl had none. */
  readonly home: string | null
  /** When it changed the registry; null: it never did. */
  readonly heededAt: number | null
}

const detail = z.object({ verb: z.string(), argv: z.array(z.string()), id: z.string(), home: z.string().nullable() })
const wish = z.object({ call: z.string() })
const mutating = new Set(['start', 'stop', 'load', 'unload', 'submit', 'destroy', 'restart'])

export function callsIn({ fleet, homes, harness }: Evidence): readonly Call[] {
  const heeded = new Map<string, number>()
  for (const line of fleet) if (line.action === 'wish') heeded.set(wish.parse(line.detail).call, line.at)
  return fleet.flatMap((line): Call[] => {
    if (line.action !== 'call') return []
    const { verb, argv, id, home } = detail.parse(line.detail)
    if (!mutating.has(verb) || home === harness) return []
    const units = argv.slice(argv.indexOf(verb) + 1).filter((word) => !word.startsWith('-'))
    const pid = home === null ? null : (homes.get(home) ?? null)
    const common = {
      at: line.at,
      tier: line.tier,
      verb,
      endpoint: line.machine ?? '',
      pid,
      home,
      heededAt: heeded.get(id) ?? null,
    }
    return units.map((word) => ({ ...common, unit: word.slice(word.lastIndexOf('/') + 1) }))
  })
}

const kind = z.object({ kind: z.string() })

/** Whether this line says that the main process of a unit began (true) or ended (false); null: neither. */
export function mainProcess(line: FleetLine): boolean | null {
  if (line.action === 'power-loss') return false
  if (line.action !== 'exec-start' && line.action !== 'exited') return null
  if (kind.safeParse(line.detail).data?.kind !== 'main') return null
  return line.action === 'exec-start'
}
