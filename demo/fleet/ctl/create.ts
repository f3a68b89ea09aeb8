import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { hashUnitFile, parseUnitFile } from '../units/unit-file.ts'
import type { UnitOption } from '../units/lex.ts'
import { refuseRequirements, requirementsOf } from '../units/requirements.ts'
import { mangleUnitName, parseUnitName, refuseUnitName, withUnitType } from '../units/unit-name.ts'
import { fetchUnit, hashOf, putOptions, type FleetUnit, type MachineCache } from './model.ts'
import { messageOf, type Session } from './session.ts'
import { logLine } from './world.ts'
import { waitForState } from './wait.ts'

/** The desired states in which a command may replace a unit's content. */
const REPLACEABLE: Readonly<Record<string, readonly string[]>> = {
  submit: ['inactive'],
  load: ['inactive', 'loaded'],
  start: ['inactive', 'loaded', 'launched'],
}

/**
 * Sees to it that every unit is in the registry, from there, from a file of the working directory, or from a template in
 * either. Stops at the first error, which it throws; units before it have been created.
 */
export async function createMissing(session: Session, cache: MachineCache, args: readonly string[]): Promise<void> {
  const attempts = Number(session.flags['block-attempts'] ?? 0)
  const waits: Promise<string | null>[] = []
  for (const typed of args) {
    const file = withUnitType(typed)
    const name = mangleUnitName(file)
    if (!(await mustCreate(session, file, name))) continue
    const options = await contentOf(session, file, name)
    await create(session, name, options)
    const wait = waitForState(session, cache, name, 'inactive', attempts > 0 ? attempts : Number.POSITIVE_INFINITY)
    // A later unit may end the run before anyone waits for this one.
    wait.catch(() => undefined)
    waits.push(wait)
  }
  const failures = (await Promise.all(waits)).filter((failure) => failure !== null)
  for (const failure of failures) session.err(`Error waiting on unit creation: ${failure}`)
  if (failures.length > 0) throw new Error('One or more errors creating units')
}

async function mustCreate(session: Session, file: string, name: string): Promise<boolean> {
  const known = await fetchUnit(session, name).catch((error: unknown) => {
    throw new Error(`error retrieving Unit(${name}) from Registry: ${messageOf(error)}`, { cause: error })
  })
  if (known === null) return true
  const replace = session.isOn('replace')
  const difference = compareLocal(session, file, known)
  if (!replace) return false
  if (difference.kind === 'unknown') throw new Error(difference.reason)
  if (difference.kind === 'same') {
    session.out(`Found same Unit(${known.name}) in Registry, nothing to do`)
    return false
  }
  if ((REPLACEABLE[session.verb] ?? []).includes(known.desiredState)) return true
  session.err(
    `Warning: can not replace Unit(${known.name}) in state '${known.desiredState}', use the appropriate command`,
  )
  return false
}

type Difference = { readonly kind: 'same' | 'differs' } | { readonly kind: 'unknown'; readonly reason: string }

/** Compares a unit with the file of its name, else of its template, and warns when they differ and nobody said --replace. */
function compareLocal(session: Session, file: string, known: FleetUnit): Difference {
  const warn = (what: string): void => {
    if (session.isOn('replace')) return
    session.err(
      `WARNING: Unit ${known.name} in registry differs from local ${what} ${file}. Add --replace to override.`,
    )
  }
  const own = hashOfFile(session, file)
  if (own.kind === 'read') {
    if (own.hash !== hashOf(known)) warn('unit file')
    return { kind: own.hash === hashOf(known) ? 'same' : 'differs' }
  }
  const template = parseUnitName(basename(file))
  if (template?.template === null || template?.instance === null || template === null) {
    return { kind: 'unknown', reason: `error Unit ${file} does not seem to be a template unit` }
  }
  const other = hashOfFile(session, join(dirname(file), template.template))
  if (other.kind === 'failed') return { kind: 'unknown', reason: other.reason }
  if (other.hash !== hashOf(known)) warn('template unit file')
  return { kind: other.hash === hashOf(known) ? 'same' : 'differs' }
}

type FileHash = { readonly kind: 'read'; readonly hash: string } | { readonly kind: 'failed'; readonly reason: string }

function hashOfFile(session: Session, file: string): FileHash {
  try {
    return { kind: 'read', hash: hashUnitFile(parseUnitFile(readFileSync(resolve(session.world.cwd, file), 'utf8'))) }
  } catch (error) {
    const missing = !existsSync(resolve(session.world.cwd, file))
    return { kind: 'failed', reason: missing ? `stat ${file}: no such file or directory` : messageOf(error) }
  }
}

async function contentOf(session: Session, file: string, name: string): Promise<readonly UnitOption[]> {
  if (existsSync(resolve(session.world.cwd, file))) {
    try {
      return parseUnitFile(readFileSync(resolve(session.world.cwd, file), 'utf8'))
    } catch (error) {
      throw new Error(`failed getting Unit(${file}) from file: ${messageOf(error)}`, { cause: error })
    }
  }
  const parsed = parseUnitName(name)
  if (parsed === null) throw new Error(`error extracting information from unit name ${name}`)
  if (parsed.template === null || parsed.instance === null) {
    throw new Error(`unable to find Unit(${name}) in Registry or on filesystem`)
  }
  try {
    return await contentOfTemplate(session, file, parsed.template)
  } catch (error) {
    throw new Error(`failed getting Unit(${file}) from template: ${messageOf(error)}`, { cause: error })
  }
}

async function contentOfTemplate(session: Session, file: string, template: string): Promise<readonly UnitOption[]> {
  const known = await fetchUnit(session, template).catch((error: unknown) => {
    throw new Error(`error retrieving template Unit(${template}) from Registry: ${messageOf(error)}`, { cause: error })
  })
  if (known !== null) {
    compareLocal(session, file, known)
    return known.options
  }
  const path = join(dirname(file), template)
  if (!existsSync(resolve(session.world.cwd, path)))
    throw new Error(`unable to find template Unit(${template}) in Registry or on filesystem`)
  try {
    return parseUnitFile(readFileSync(resolve(session.world.cwd, path), 'utf8'))
  } catch (error) {
    throw new Error(`unable to load template Unit(${template}) from file: ${messageOf(error)}`, { cause: error })
  }
}

async function create(session: Session, name: string, options: readonly UnitOption[]): Promise<void> {
  const wanted = requirementsOf(name, options)
  const refused = refuseUnitName(name) ?? refuseRequirements(wanted)
  if (refused !== null) throw new Error(refused)
  if (wanted.unknownKey !== null) {
    const text = `Unit ${name}: unrecognized requirement in [X-Fleet] section: "${wanted.unknownKey}"`
    logLine(session.world, 'WARN fleetctl.go:674', text)
  }
  await putOptions(session, name, options).catch((error: unknown) => {
    throw new Error(`failed creating unit ${name}: ${messageOf(error)}`, { cause: error })
  })
}
