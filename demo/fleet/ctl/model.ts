import { hashUnitFile } from '../units/unit-file.ts'
import type { UnitOption } from '../units/lex.ts'
import { requirementsOf } from '../units/requirements.ts'
import { ApiError, field, type Session } from './session.ts'

export interface FleetUnit {
  readonly name: string
  readonly options: readonly UnitOption[]
  readonly desiredState: string
  readonly currentState: string
  readonly machine: string
}

export interface FleetState {
  readonly name: string
  readonly machine: string
  readonly hash: string
  readonly load: string
  readonly active: string
  readonly sub: string
}

export interface FleetMachine {
  readonly id: string
  readonly ip: string
  readonly metadata: Readonly<Record<string, string>>
}

export async function fetchUnits(session: Session): Promise<FleetUnit[]> {
  return list(await session.ask('GET', 'units'), 'units').map(unitOf)
}

/** Null when there is no such unit: fleetctl takes any 404 for that. */
export async function fetchUnit(session: Session, name: string): Promise<FleetUnit | null> {
  const body = await orNull(session.ask('GET', `units/${encodeURIComponent(name)}`))
  return body === null ? null : unitOf(body)
}

export async function fetchStates(session: Session): Promise<FleetState[]> {
  return list(await session.ask('GET', 'state'), 'states').map(stateOf)
}

export async function fetchState(session: Session, name: string): Promise<FleetState | null> {
  const body = await orNull(session.ask('GET', `state/${encodeURIComponent(name)}`))
  return body === null ? null : stateOf(body)
}

export async function fetchMachines(session: Session): Promise<FleetMachine[]> {
  return list(await session.ask('GET', 'machines'), 'machines').map((machine) => ({
    id: text(machine, 'id'),
    ip: text(machine, 'primaryIP'),
    metadata: textsOf(field(machine, 'metadata')),
  }))
}

export async function putOptions(session: Session, name: string, options: readonly UnitOption[]): Promise<void> {
  await session.ask('PUT', `units/${encodeURIComponent(name)}`, { name, options })
}

export async function putTargetState(session: Session, name: string, state: string): Promise<void> {
  await session.ask('PUT', `units/${encodeURIComponent(name)}`, { name, desiredState: state })
}

export function isGlobal(unit: FleetUnit): boolean {
  return requirementsOf(unit.name, unit.options).global
}

export function hashOf(unit: FleetUnit): string {
  return hashUnitFile(unit.options)
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}

/** Machines by id, asked for once in a run; what fails to be read is as good as empty. */
export class MachineCache {
  readonly #session: Session
  #machines: Map<string, FleetMachine> | null = null

  constructor(session: Session) {
    this.#session = session
  }

  /**
   * The first caller fills the cache, and whoever asks meanwhile finds it empty: that is how fleetctl sometimes prints
   * "launched" without a machine (client-races).
   */
  async get(id: string): Promise<FleetMachine | null> {
    if (this.#machines === null) {
      const machines = new Map<string, FleetMachine>()
      this.#machines = machines
      const found = await fetchMachines(this.#session).catch((): FleetMachine[] => [])
      for (const machine of found) machines.set(machine.id, machine)
    }
    return this.#machines.get(id) ?? null
  }

  async legend(id: string, full: boolean): Promise<string> {
    const machine = await this.get(id)
    const shown = full ? id : `${id.slice(0, 8)}...`
    return machine === null || machine.ip === '' ? shown : `${shown}/${machine.ip}`
  }
}

async function orNull(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (isNotFound(error)) return null
    throw error
  }
}

function unitOf(value: unknown): FleetUnit {
  return {
    name: text(value, 'name'),
    options: list(value, 'options').map((option) => ({
      section: text(option, 'section'),
      name: text(option, 'name'),
      value: text(option, 'value'),
    })),
    desiredState: text(value, 'desiredState'),
    currentState: text(value, 'currentState'),
    machine: text(value, 'machineID'),
  }
}

function stateOf(value: unknown): FleetState {
  return {
    name: text(value, 'name'),
    machine: text(value, 'machineID'),
    hash: text(value, 'hash'),
    load: text(value, 'systemdLoadState'),
    active: text(value, 'systemdActiveState'),
    sub: text(value, 'systemdSubState'),
  }
}

function list(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name)
  return Array.isArray(found) ? found : []
}

function text(value: unknown, name: string): string {
  const found = field(value, name)
  return typeof found === 'string' ? found : ''
}

function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]))
}
