import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Job, JobState, Registry, UnitState } from '../cluster/registry.ts'
import { hashUnitFile } from '../units/unit-file.ts'
import { refuseRequirements, requirementsOf } from '../units/requirements.ts'
import { parseUnitName, refuseUnitName } from '../units/unit-name.ts'
import { answerError, answerJson, readBody } from './answer.ts'
import { parseUnitBody } from './unit-body.ts'

const PREFIX = '/fleet/v1/'

/** Answers one request of fleet's HTTP API v1 from the registry. `keep` leaves out rows that a fault hides. */
export async function answerFleet(
  request: IncomingMessage,
  response: ServerResponse,
  registry: Registry,
  keep: <Row>(list: 'units' | 'files', rows: Row[]) => Row[],
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://lab').pathname
  const [kind = '', item = ''] = path.startsWith(PREFIX) ? path.slice(PREFIX.length).split('/') : []
  const name = decodeURIComponent(item)
  switch (`${request.method ?? ''} ${kind}${name === '' ? '' : '/*'}`) {
    case 'GET machines':
      return answerJson(response, 200, { machines: machinesOf(registry) })
    case 'GET units':
      return answerJson(response, 200, {
        units: keep('files', registry.jobs()).map((job) => unitOf(job, registry)),
      })
    case 'GET units/*': {
      const job = registry.job(name)
      return job === null
        ? answerError(response, 404, 'unit does not exist')
        : answerJson(response, 200, unitOf(job, registry))
    }
    case 'PUT units/*':
      return putUnit(name, await readBody(request), response, registry)
    case 'DELETE units/*':
      if (registry.job(name) === null) return answerError(response, 404, 'unit does not exist')
      registry.destroy(name)
      return answerJson(response, 204, undefined)
    case 'GET state':
      return answerJson(response, 200, { states: keep('units', registry.states()).map(stateOf) })
    case 'GET state/*': {
      const row = registry.states().find((state) => state.name === name)
      return row === undefined
        ? answerError(response, 404, 'unit state does not exist')
        : answerJson(response, 200, stateOf(row))
    }
    default:
      return answerError(response, 404, '')
  }
}

/** Everything at once, in the shapes of the API's lists. */
export function registryOf(registry: Registry): Record<string, unknown> {
  return {
    machines: machinesOf(registry),
    units: registry.jobs().map((job) => unitOf(job, registry)),
    states: registry.states().map(stateOf),
  }
}

function machinesOf(registry: Registry): Record<string, unknown>[] {
  return registry.machines().map(({ id, ip, metadata }) => ({ id, primaryIP: ip, metadata }))
}

function putUnit(name: string, text: string, response: ServerResponse, registry: Registry): void {
  const body = parseUnitBody(text)
  if (body === null) return answerError(response, 400, 'unable to decode body')
  const refused = refuseUnitName(name)
  if (refused !== null) return answerError(response, 400, refused)
  const known = registry.job(name)
  if (known === null || (body.options.length > 0 && hashUnitFile(body.options) !== known.hash)) {
    if (body.options.length === 0) return answerError(response, 409, 'unit does not exist and options field empty')
    const clash = refuseRequirements(requirementsOf(name, body.options))
    if (clash !== null) return answerError(response, 400, clash)
    registry.create(name, body.options, body.desiredState ?? 'inactive')
    return answerJson(response, 201, undefined)
  }
  if (body.desiredState === null) return answerError(response, 409, 'must provide DesiredState to update existing unit')
  const parsed = parseUnitName(name)
  if (parsed?.template !== null && parsed?.instance === null && body.desiredState !== 'inactive') {
    return answerError(response, 400, `cannot activate template "${name}"`)
  }
  registry.setTargetState(name, body.desiredState)
  answerJson(response, 204, undefined)
}

function unitOf(job: Job, registry: Registry): Record<string, unknown> {
  const currentState: JobState | '' = job.wanted.global ? '' : registry.stateOf(job)
  return {
    name: job.name,
    options: job.options,
    desiredState: job.targetState,
    currentState,
    machineID: job.target ?? '',
  }
}

function stateOf(row: {
  readonly name: string
  readonly machine: string
  readonly state: UnitState
}): Record<string, string> {
  return {
    name: row.name,
    machineID: row.machine,
    hash: row.state.hash,
    systemdLoadState: row.state.load,
    systemdActiveState: row.state.active,
    systemdSubState: row.state.sub,
  }
}
