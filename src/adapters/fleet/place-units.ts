import { templateOf } from '../../domain/unit-name.ts'
import type { Fleetctl } from './fleetctl.ts'
import { machinesFor, misfitOf, placementIn, type Placement } from './placement.ts'
import type { Seen, SeenUnit } from './view.ts'

/** Adds to what the lists show which machines a unit file allows, where the lists alone cannot tell. */
export type PlaceUnits = (seen: Seen, endpoint: string | null, signal: AbortSignal) => Promise<Seen>

/** Unit files read in one poll at the most: the rest come with the next polls. */
const readAtOnce = 4
/** Unit files that are remembered, by their content hash. */
const mostKnown = 500
/** A file that could not be read is asked for again after this long, in milliseconds. */
const againMs = 30_000

/**
 * Reads the unit files of units that no machine has, of global units, and of templates that differ from an instance made from
 * them. A content hash names its content, so each file is read once.
 */
export function createPlaceUnits(fleetctl: Fleetctl, now: () => number, timeLimitMs: number): PlaceUnits {
  const known = new Map<string, Placement>()
  const failedAt = new Map<string, number>()

  async function read(name: string, hash: string, endpoint: string | null, signal: AbortSignal): Promise<void> {
    const result = await fleetctl(endpoint, ['cat', name], { timeLimitMs, signal })
    if (result.kind !== 'exited' || result.rc !== 0) {
      failedAt.set(hash, now())
      return
    }
    failedAt.delete(hash)
    known.set(hash, placementIn(result.stdout))
    if (known.size > mostKnown) known.delete(known.keys().next().value ?? '')
  }

  return async (seen, endpoint, signal) => {
    const asked = filesOf(seen)
    const missing = [...asked].filter(
      ([hash]) => !known.has(hash) && now() - (failedAt.get(hash) ?? Number.NEGATIVE_INFINITY) >= againMs,
    )
    await Promise.all(missing.slice(0, readAtOnce).map(([hash, name]) => read(name, hash, endpoint, signal)))
    return asked.size === 0 ? seen : placed(seen, known)
  }
}

/** By content hash, a unit that has it. */
function filesOf({ units, templates }: Seen): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const unit of units.values()) {
    if (unit.hash !== null && !files.has(unit.hash) && (unit.global || isUnplaced(unit)))
      files.set(unit.hash, unit.unit)
    const template = templateOf(unit.unit)
    const hash = template === null ? undefined : templates.get(template)
    if (template !== null && hash !== undefined && unit.hash !== null && hash !== unit.hash) files.set(hash, template)
  }
  return files
}

const isUnplaced = ({ wanted, global, target, reports }: SeenUnit): boolean =>
  !global && target === null && reports.length === 0 && (wanted === 'launched' || wanted === 'loaded')

function placed(seen: Seen, known: ReadonlyMap<string, Placement>): Seen {
  const { machines } = seen
  const targetOf = (unit: string): string | null => seen.units.get(unit)?.target ?? null
  const units = new Map(seen.units)
  for (const [name, unit] of seen.units) {
    const placement = known.get(unit.hash ?? '')
    if (placement === undefined) continue
    if (unit.global) units.set(name, { ...unit, meantFor: machinesFor(placement, machines).map((one) => one.id) })
    const misfit = isUnplaced(unit) ? misfitOf(name, placement, machines, targetOf) : null
    if (misfit !== null) units.set(name, { ...unit, misfit })
  }
  const misfits = new Map<string, string>()
  for (const [template, hash] of seen.templates) {
    const placement = known.get(hash)
    const misfit = placement === undefined ? null : misfitOf(template, placement, machines, targetOf)
    if (misfit !== null) misfits.set(template, misfit)
  }
  return misfits.size === 0 ? { ...seen, units } : { ...seen, units, misfits }
}
