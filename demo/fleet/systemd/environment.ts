import { readFileSync } from 'node:fs'
import type { Host } from './host.ts'
import type { ServiceConfig } from '../units/service-config.ts'
import { specify, splitWords, type ExecContext } from '../units/exec-line.ts'
import { parseUnitName } from '../units/unit-name.ts'

/** CoreOS writes its addresses here; a stand-in machine has them in the environment already. */
const ETC_ENVIRONMENT = '/etc/environment'

/**
 * The environment and the specifiers of a unit on a host. Throws when an EnvironmentFile without a leading `-` cannot be
 * read: systemd then does not start the unit.
 */
export function execContextOf(unit: string, config: ServiceConfig, host: Host): ExecContext {
  const name = parseUnitName(unit)
  const specifiers = {
    n: unit,
    N: name?.name ?? unit,
    p: name?.prefix ?? unit,
    i: name?.instance ?? '',
    I: name?.instance ?? '',
    H: host.hostname,
    m: host.machine,
  }
  const env: Record<string, string> = {
    ...host.env,
    FLEET_STANDIN_UNIT: unit,
    FLEET_STANDIN_UNHEALTHY_FILE: host.unhealthyFile(unit),
    FLEET_STANDIN_READY_FILE: host.readyFile(unit),
  }
  for (const line of config.environment) {
    for (const word of splitWords(specify(line, specifiers))) assign(env, word)
  }
  for (const line of config.environmentFiles) {
    const path = specify(line.replace(/^-/, ''), specifiers)
    for (const assignment of readEnvironmentFile(path, line.startsWith('-') || path === ETC_ENVIRONMENT)) {
      assign(env, assignment)
    }
  }
  return { specifiers, env }
}

function readEnvironmentFile(path: string, optional: boolean): string[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (optional) return []
    throw new Error(`Failed to load environment files: ${path} cannot be read`, { cause: error })
  }
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#;]/.test(line))
    .map((line) => line.replace(/^([^=]+)=(["'])(.*)\2$/, '$1=$3'))
}

function assign(env: Record<string, string>, assignment: string): void {
  const equals = assignment.indexOf('=')
  if (equals > 0) env[assignment.slice(0, equals)] = assignment.slice(equals + 1)
}
