import { basename } from 'node:path'

/** The parts of `api@1.service`: prefix `api`, instance `1`, template `api@.service`; no instance for a plain unit or a template. */
export interface UnitName {
  readonly fullName: string
  readonly name: string
  readonly prefix: string
  readonly template: string | null
  readonly instance: string | null
}

const DEFAULTED_TYPES = ['service', 'socket', 'timer', 'path', 'device', 'mount', 'automount']
const VALID_TYPES = new Set([...DEFAULTED_TYPES, 'busname', 'scope', 'slice', 'snapshot', 'swap', 'target'])
const TEMPLATE_TYPES = new Set(['path', 'service', 'socket', 'target', 'timer'])
const MAX_LENGTH = 256

export function parseUnitName(fullName: string): UnitName | null {
  const dot = fullName.lastIndexOf('.')
  if (dot === -1) return null
  const name = fullName.slice(0, dot)
  const suffix = fullName.slice(dot)
  const at = name.indexOf('@')
  if (at === -1) return { fullName, name, prefix: name, template: null, instance: null }
  const prefix = name.slice(0, at)
  const instance = name.slice(at + 1)
  return { fullName, name, prefix, template: `${prefix}@${suffix}`, instance: instance === '' ? null : instance }
}

/** A name as people type it (`api@1`, `dir/api@1.service`) made a unit's name. */
export function mangleUnitName(typed: string): string {
  return withUnitType(basename(typed))
}

export function withUnitType(typed: string): string {
  return DEFAULTED_TYPES.some((type) => typed.endsWith(`.${type}`)) ? typed : `${typed}.service`
}

/** Why fleet would refuse this name, or null. */
export function refuseUnitName(name: string): string | null {
  if (name.length === 0) return 'unit name cannot be empty'
  if (name.length > MAX_LENGTH) return `unit name exceeds maximum length (${MAX_LENGTH})`
  const dot = name.lastIndexOf('.')
  if (dot === -1) return 'unit name must contain "."'
  if (dot === name.length - 1) return 'unit name cannot end in "."'
  const suffix = name.slice(dot + 1)
  if (!VALID_TYPES.has(suffix)) return `invalid unit type: "${suffix}"`
  if (name.includes('@') && !TEMPLATE_TYPES.has(suffix)) return `invalid unit type for template: "${suffix}"`
  const bad = /[^0-9A-Za-z:\-_.\\@]/u.exec(name.slice(0, dot))?.[0]
  if (bad !== undefined) return `invalid character '${bad}' in unit name`
  return name.startsWith('@') ? 'unit name cannot start in "@"' : null
}
