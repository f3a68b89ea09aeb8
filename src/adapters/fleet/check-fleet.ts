import type { Fleetctl } from './fleetctl.ts'
import { endpointLabel, type FleetOptions } from './options.ts'
import { readLists } from './read-lists.ts'
import { viewOf } from './view.ts'
import { count, firstLine } from './words.ts'

/** What the check of a configuration says of one fleet, each line a sentence for a person. */
export interface FleetCheck {
  /** `degraded`: some endpoint answers as it should, and something else does not. */
  readonly kind: 'usable' | 'degraded' | 'unusable'
  readonly lines: readonly { readonly kind: 'good' | 'warning' | 'fault'; readonly text: string }[]
}

const measuredVersion = '1.0.0'

/** Asks the binary for its version, and every endpoint for its lists. Never rejects. */
export async function checkFleet(
  options: FleetOptions,
  fleetctl: Fleetctl,
  timeLimitMs: number,
  signal: AbortSignal,
): Promise<FleetCheck> {
  const version = await checkBinary(options, fleetctl, timeLimitMs, signal)
  if (version.kind === 'fault') return { kind: 'unusable', lines: [version] }
  const endpoints = options.endpoints.length === 0 ? [null] : options.endpoints
  const answers = await Promise.all(
    endpoints.map((endpoint) => checkEndpoint(options, endpoint, fleetctl, timeLimitMs, signal)),
  )
  const lines = [version, ...answers, ...remarks(options)]
  if (!answers.some(({ kind }) => kind === 'good')) return { kind: 'unusable', lines }
  return { kind: lines.every(({ kind }) => kind === 'good') ? 'usable' : 'degraded', lines }
}

type Line = FleetCheck['lines'][number]

async function checkBinary(
  options: FleetOptions,
  fleetctl: Fleetctl,
  timeLimitMs: number,
  signal: AbortSignal,
): Promise<Line> {
  const ran = await fleetctl(null, ['version'], { timeLimitMs, signal })
  const fault = (text: string): Line => ({ kind: 'fault', text })
  if (ran.kind === 'not-runnable') return fault(ran.message)
  if (ran.kind === 'killed') return fault(`${options.binary} version was ${ran.why}.`)
  const version = /^fleetctl version (\S+)/m.exec(ran.stdout)?.[1]
  if (ran.rc !== 0 || version === undefined) {
    const said = firstLine(ran.stdout) ?? firstLine(ran.stderr) ?? 'nothing'
    return fault(`${options.binary} is not fleetctl: asked for its version it said "${said}" (exit ${ran.rc}).`)
  }
  if (version === measuredVersion) return { kind: 'good', text: `${options.binary} is fleetctl ${version}.` }
  const text = `${options.binary} is fleetctl ${version}; Opsee is made for ${measuredVersion} and reads its lists strictly.`
  return { kind: 'warning', text }
}

async function checkEndpoint(
  options: FleetOptions,
  endpoint: string | null,
  fleetctl: Fleetctl,
  timeLimitMs: number,
  signal: AbortSignal,
): Promise<Line> {
  const label = endpointLabel(options, endpoint)
  const reading = await readLists(fleetctl, endpoint, { timeLimitMs, signal })
  if (reading.kind === 'failed') return { kind: 'fault', text: `${label}: ${reading.reason}.` }
  const view = viewOf(reading.lists)
  if (view.kind === 'unknown') return { kind: 'fault', text: `${label}: ${view.reason}.` }
  const machines = count(view.machines.size, 'machine')
  return { kind: 'good', text: `${label}: ${machines}, ${count(view.units.size, 'unit')}.` }
}

function remarks(options: FleetOptions): Line[] {
  const lines: Line[] = []
  if (options.tls === undefined && options.endpoints.some((endpoint) => endpoint.startsWith('https:'))) {
    const text =
      'https without `tls`: fleetctl does not verify the server. Give the CA, a client certificate and its key.'
    lines.push({ kind: 'warning', text })
  }
  if (options.sshAuthSock === undefined) {
    const needed =
      options.tunnel === undefined ? 'the journal of a failed unit cannot be shown' : 'the tunnel cannot work'
    lines.push({ kind: 'warning', text: `No ssh agent (SSH_AUTH_SOCK): ${needed}.` })
  }
  return lines
}
