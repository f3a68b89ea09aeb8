import { fetchState, fetchUnit, isGlobal, type MachineCache } from './model.ts'
import { type Session } from './session.ts'

/** fleetctl looks four times a second, and one attempt is two seconds. */
const POLL_MS = 250
const ATTEMPT_MS = 2000

/** How long a command waits: not at all, for ever, or so many attempts. */
export type Patience = { readonly kind: 'none' } | { readonly kind: 'attempts'; readonly count: number }

export function patienceOf(session: Session): Patience {
  if (session.isOn('no-block')) return { kind: 'none' }
  const count = Number(session.flags['block-attempts'] ?? 0)
  return { kind: 'attempts', count: count > 0 ? count : Number.POSITIVE_INFINITY }
}

/** Waits until the registry believes `wanted` of every unit, printing each; resolves with the first failure or null. */
export async function waitForStates(
  session: Session,
  cache: MachineCache,
  units: readonly string[],
  verb: string,
  wanted: string,
  patience: Patience,
): Promise<string | null> {
  if (patience.kind === 'none') {
    for (const unit of units) session.out(`Triggered unit ${unit} ${verb}`)
    return null
  }
  const failure = await firstFailure(units.map((unit) => waitForState(session, cache, unit, wanted, patience.count)))
  if (failure !== null) session.err(`Error waiting for units: ${failure}`)
  return failure
}

export async function waitForState(
  session: Session,
  cache: MachineCache,
  unit: string,
  wanted: string,
  attempts: number,
): Promise<string | null> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (await poll(session, () => hasState(session, cache, unit, wanted))) return null
  }
  return `timed out waiting for unit ${unit} to report state ${wanted}`
}

/** After the registry believes a start, systemd has two seconds, whatever --block-attempts says. */
export async function waitForActive(
  session: Session,
  units: readonly string[],
  patience: Patience,
): Promise<string | null> {
  if (patience.kind === 'none') {
    for (const unit of units) session.out(`Triggered unit ${unit} start`)
    return null
  }
  const failure = await firstFailure(
    units.map(async (unit) => {
      const active = await poll(session, async () => {
        const state = await fetchState(session, unit)
        return state?.active === 'active' && state.load === 'loaded'
      })
      return active ? null : `Failed to find an active unit ${unit} within 2s, err: Failed to fetch states within 2s`
    }),
  )
  if (failure !== null) session.err(`Error waiting for units: ${failure}`)
  return failure
}

async function hasState(session: Session, cache: MachineCache, name: string, wanted: string): Promise<boolean> {
  const unit = await fetchUnit(session, name)
  if (unit === null || (isGlobal(unit) ? unit.desiredState : unit.currentState) !== wanted) return false
  const machine = unit.machine === '' ? null : await cache.get(unit.machine)
  session.out(
    `Unit ${name} ${unit.currentState}${machine === null ? '' : ` on ${await cache.legend(machine.id, false)}`}`,
  )
  return true
}

/** One attempt: a look every quarter of a second for two seconds; a look that fails is one that found nothing. */
async function poll(session: Session, look: () => Promise<boolean>): Promise<boolean> {
  const until = performance.now() + ATTEMPT_MS * session.timeScale
  for (;;) {
    const next = performance.now() + POLL_MS * session.timeScale
    if (next > until) {
      await session.sleep(until - performance.now())
      return false
    }
    await session.sleep(next - performance.now())
    if (await look().catch(() => false)) return true
  }
}

/** The first of several waits that fails ends them all; null when none does. */
function firstFailure(waits: readonly Promise<string | null>[]): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const all = waits.map((wait) =>
      wait.then((failure) => {
        if (failure !== null) resolve(failure)
      }),
    )
    Promise.all(all).then(() => resolve(null), reject)
  })
}
