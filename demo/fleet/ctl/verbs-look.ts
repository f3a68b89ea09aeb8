import { serializeUnitFile } from '../units/unit-file.ts'
import { mangleUnitName } from '../units/unit-name.ts'
import { fetchMachines, fetchUnit, isGlobal, MachineCache } from './model.ts'
import { messageOf, type Session } from './session.ts'
import { insideOf, showJournal, showStatus } from './ssh.ts'

export async function cat(session: Session, args: readonly string[]): Promise<number> {
  const [only] = args
  if (only === undefined || args.length !== 1) return failed(session, 'One unit file must be provided')
  const name = mangleUnitName(only)
  try {
    const unit = await fetchUnit(session, name)
    if (unit === null) return failed(session, `Unit ${name} not found`)
    session.write(serializeUnitFile(unit.options))
    return 0
  } catch (error) {
    return failed(session, `Error retrieving Unit ${name}: ${messageOf(error)}`)
  }
}

export async function status(session: Session, args: readonly string[]): Promise<number> {
  const cache = new MachineCache(session)
  for (const [index, arg] of args.entries()) {
    const name = mangleUnitName(arg)
    let unit: Awaited<ReturnType<typeof fetchUnit>>
    try {
      unit = await fetchUnit(session, name)
    } catch (error) {
      return failed(session, `Error retrieving unit: ${messageOf(error)}`)
    }
    if (unit === null) return failed(session, `Unit ${name} does not exist.`)
    if (isGlobal(unit)) continue
    if (unit.currentState === 'inactive') return failed(session, `Unit ${name} does not appear to be loaded.`)
    if (index > 0) session.write('\n')
    const inside = await insideOf(session, cache, unit.machine)
    if (inside.kind === 'refused') return refused(session, `Unable to SSH to remote host: ${inside.reason}`)
    const code = await showStatus(session, inside, name)
    if (code !== 0) return code
  }
  return 0
}

export async function journal(session: Session, args: readonly string[]): Promise<number> {
  const [only] = args
  if (only === undefined || args.length !== 1) return failed(session, 'One unit file must be provided.')
  const name = mangleUnitName(only)
  let unit: Awaited<ReturnType<typeof fetchUnit>>
  try {
    unit = await fetchUnit(session, name)
  } catch (error) {
    return failed(session, `Error retrieving unit ${name}: ${messageOf(error)}`)
  }
  if (unit === null) return failed(session, `Unit ${name} does not exist.`)
  if (isGlobal(unit)) return failed(session, `Unable to retrieve journal of global unit ${name}.`)
  if (unit.currentState === 'inactive') return failed(session, `Unit ${name} does not appear to be running.`)
  const inside = await insideOf(session, new MachineCache(session), unit.machine)
  if (inside.kind === 'refused') return refused(session, `Unable to SSH to remote host: ${inside.reason}`)
  return showJournal(session, inside, name)
}

/** A stand-in machine is no host of its own: fleetctl gets as far as finding it, and then says so. */
export async function ssh(session: Session, args: readonly string[]): Promise<number> {
  const { machine, unit } = session.flags
  if (machine !== undefined && unit !== undefined) {
    return failed(session, 'Both machine and unit flags provided, please specify only one.')
  }
  const [wanted] = args
  const lookup = machine ?? unit ?? wanted
  if (lookup === undefined) return failed(session, 'Unable to proceed: one machine or unit must be provided')
  const machines = await fetchMachines(session).catch(() => [])
  const byId = unit === undefined ? machines.filter((one) => one.id.startsWith(lookup)) : []
  const known = machine === undefined ? await fetchUnit(session, mangleUnitName(lookup)).catch(() => null) : null
  const host = byId.length === 1 ? byId[0] : machines.find((one) => known !== null && one.id === known.machine)
  if (host === undefined || (known !== null && isGlobal(known))) {
    return failed(session, 'Unable to proceed: could not find matching unit or machine')
  }
  const inside = await insideOf(session, new MachineCache(session), host.id)
  const reason = inside.kind === 'refused' ? inside.reason : 'a machine of the stand-in fleet has no shell of its own'
  return failed(session, `Failed building SSH client: ${reason}`)
}

function failed(session: Session, message: string): number {
  session.err(message)
  return 1
}

/** What a shell sees of an exit code of -1. */
function refused(session: Session, message: string): number {
  session.err(message)
  return 255
}
