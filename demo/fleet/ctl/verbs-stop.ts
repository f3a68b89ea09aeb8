import { mangleUnitName } from '../units/unit-name.ts'
import { createMissing } from './create.ts'
import { fetchUnit, fetchUnits, isGlobal, isNotFound, MachineCache, putTargetState, type FleetUnit } from './model.ts'
import { messageOf, type Session } from './session.ts'
import { logLine } from './world.ts'
import { patienceOf, waitForStates } from './wait.ts'

export async function stop(session: Session, args: readonly string[]): Promise<number> {
  const units = await findUnits(session, args)
  if (typeof units === 'number') return units
  const stopping: string[] = []
  for (const unit of units) {
    if (!isGlobal(unit) && unit.currentState === 'inactive') {
      session.err(`Unable to stop unit ${unit.name} in state inactive`)
      return 1
    }
    if (!isGlobal(unit) && unit.currentState === 'loaded') continue
    await putIgnoringErrors(session, unit.name, 'loaded')
    if (isGlobal(unit)) session.out(`Triggered global unit ${unit.name} stop`)
    else stopping.push(unit.name)
  }
  return waited(session, stopping, 'stop', 'loaded', 'stopped')
}

export async function unload(session: Session, args: readonly string[]): Promise<number> {
  const units = await findUnits(session, args)
  if (typeof units === 'number') return units
  const unloading: string[] = []
  for (const unit of units) {
    if (!isGlobal(unit) && unit.currentState === 'inactive') continue
    await putIgnoringErrors(session, unit.name, 'inactive')
    if (isGlobal(unit)) session.out(`Triggered global unit ${unit.name} unload`)
    else unloading.push(unit.name)
  }
  return waited(session, unloading, 'unload', 'inactive', 'unloaded')
}

export async function destroy(session: Session, args: readonly string[]): Promise<number> {
  const units = await findUnits(session, args)
  if (typeof units === 'number') return units
  let code = 0
  for (const unit of units) {
    try {
      await session.ask('DELETE', `units/${encodeURIComponent(unit.name)}`)
    } catch (error) {
      if (isNotFound(error)) continue
      session.err(`Error destroying units: ${messageOf(error)}`)
      code = 1
      continue
    }
    // The flag does here the opposite of what its name says.
    if (session.isOn('no-block')) await waitUntilGone(session, unit.name)
    session.out(`Destroyed ${unit.name}`)
  }
  return code
}

/** Says "was restarted", and restarts nothing: stop and start reach the agent as no change (FACTS section 1). */
export async function restart(session: Session, args: readonly string[]): Promise<number> {
  const cache = new MachineCache(session)
  const units = await findUnits(session, args, 'none is fine')
  if (typeof units === 'number') return units
  try {
    await createMissing(session, cache, args)
  } catch (error) {
    session.err(`Error creating units: ${messageOf(error)}`)
    return 1
  }
  for (const unit of units) {
    if (isGlobal(unit)) continue
    if (unit.currentState === 'inactive') {
      session.err(`Unable to restart unit ${unit.name} in state inactive`)
    } else if (unit.currentState === 'loaded') {
      logLine(session.world, 'INFO restart.go:82', `Unit(${unit.name}) already loaded, starting.`)
      if (!(await setAndWait(session, cache, unit.name, 'launched'))) return 1
    } else {
      if (!(await setAndWait(session, cache, unit.name, 'loaded'))) return 1
      if (!(await setAndWait(session, cache, unit.name, 'launched'))) return 1
      logLine(session.world, 'INFO restart.go:100', `Unit(${unit.name}) was restarted.`)
    }
  }
  return 0
}

/** fleetctl waits for `launched` after a stop, too; that is its bug. */
async function setAndWait(session: Session, cache: MachineCache, name: string, state: string): Promise<boolean> {
  try {
    await putTargetState(session, name, state)
  } catch (error) {
    session.err(`Error setting target state for unit ${name}: ${messageOf(error)}`)
    return false
  }
  const failure = await waitForStates(session, cache, [name], 'restart', 'launched', patienceOf(session))
  if (failure === null) return true
  session.err(`Error waiting for unit states, exit status: ${failure}`)
  return false
}

async function findUnits(
  session: Session,
  args: readonly string[],
  none: 'none is an end' | 'none is fine' = 'none is an end',
): Promise<FleetUnit[] | number> {
  let all: FleetUnit[]
  try {
    all = await fetchUnits(session)
  } catch (error) {
    session.err(messageOf(error))
    return 1
  }
  const found = args.flatMap((arg) => all.find((unit) => unit.name === mangleUnitName(arg)) ?? [])
  if (found.length > 0 || none === 'none is fine') return found
  session.err('Units not found in registry')
  return 0
}

async function putIgnoringErrors(session: Session, name: string, state: string): Promise<void> {
  await putTargetState(session, name, state).catch(() => undefined)
}

async function waited(
  session: Session,
  units: readonly string[],
  verb: string,
  wanted: string,
  done: 'stopped' | 'unloaded',
): Promise<number> {
  const failure = await waitForStates(session, new MachineCache(session), units, verb, wanted, patienceOf(session))
  if (failure !== null) {
    session.err(`Failed to ${verb} units [${units.join(' ')}]. err: ${failure}`)
    return 1
  }
  session.err(`Successfully ${done} units [${units.join(' ')}].`)
  return 0
}

async function waitUntilGone(session: Session, name: string): Promise<void> {
  const limit = Number(session.flags['block-attempts'] ?? 0)
  let left = limit < 1 ? Number.POSITIVE_INFINITY : limit - 1
  while (left > 0 && (await fetchUnit(session, name).catch(() => null)) !== null) {
    left -= 1
    await session.sleep(2000 * session.timeScale)
  }
}
