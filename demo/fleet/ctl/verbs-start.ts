import { mangleUnitName } from '../units/unit-name.ts'
import { createMissing } from './create.ts'
import { fetchUnit, isGlobal, MachineCache, putTargetState } from './model.ts'
import { messageOf, type Session } from './session.ts'
import { patienceOf, waitForActive, waitForStates } from './wait.ts'

export async function submit(session: Session, args: readonly string[]): Promise<number> {
  return (await created(session, new MachineCache(session), args)) === null ? 0 : 1
}

export async function load(session: Session, args: readonly string[]): Promise<number> {
  const cache = new MachineCache(session)
  const failure = await created(session, cache, args)
  if (failure !== null) return 1
  const loading = await wish(session, args, 'loaded', 'load')
  if (loading === null) return 1
  const waited = await waitForStates(session, cache, loading, 'load', 'loaded', patienceOf(session))
  if (waited === null) return 0
  session.err(`Error waiting for unit states, exit status: ${waited}`)
  return 1
}

export async function start(session: Session, args: readonly string[]): Promise<number> {
  const cache = new MachineCache(session)
  const failure = await created(session, cache, args)
  if (failure !== null) return 1
  const starting = await wish(session, args, 'launched', 'start')
  if (starting === null) return 1
  const patience = patienceOf(session)
  const waited = await waitForStates(session, cache, starting, 'start', 'launched', patience)
  if (waited !== null) {
    session.err(`Error waiting for unit states, exit status: ${waited}`)
    return 1
  }
  const inactive = await waitForActive(session, starting, patience)
  if (inactive === null) return 0
  session.err(`Error waiting for systemd unit states, err: ${inactive}`)
  return 1
}

/** Creates what is missing and says what went wrong. */
async function created(session: Session, cache: MachineCache, args: readonly string[]): Promise<string | null> {
  try {
    await createMissing(session, cache, args)
    return null
  } catch (error) {
    session.err(`Error creating units: ${messageOf(error)}`)
    return messageOf(error)
  }
}

/** Sets the wish of every unit that does not have it yet: only those are waited for. Null after an error. */
async function wish(
  session: Session,
  args: readonly string[],
  state: string,
  verb: 'load' | 'start',
): Promise<string[] | null> {
  const waiting: string[] = []
  const globals: string[] = []
  try {
    for (const name of args.map((arg) => mangleUnitName(arg))) {
      const unit = await fetchUnit(session, name).catch((error: unknown) => {
        throw new Error(`error retrieving unit ${name} from registry: ${messageOf(error)}`, { cause: error })
      })
      if (unit === null) throw new Error(`unable to find unit ${name}`)
      if (unit.desiredState === state) continue
      await putTargetState(session, name, state)
      if (isGlobal(unit)) globals.push(name)
      else waiting.push(name)
    }
  } catch (error) {
    session.err(`Error ${verb === 'load' ? 'loading' : 'starting'} units: ${messageOf(error)}`)
    return null
  }
  for (const name of globals) session.out(`Triggered global unit ${name} ${verb}`)
  return waiting
}
