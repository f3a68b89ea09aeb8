import type { CallResult } from '../../ports/scheduler.ts'
import { isHelp } from './fleetctl.ts'
import type { FleetctlResult } from './fleetctl-call.ts'
import { firstLine } from './words.ts'

export type Verb = 'start' | 'stop' | 'destroy'

/** As fleetctl wants it. At `destroy` the flag does the opposite of its name: it waits, without limit (load-unload-destroy). */
export const commandOf = (verb: Verb): readonly string[] => (verb === 'destroy' ? [verb] : [verb, '--no-block'])

export interface Judgement {
  readonly result: CallResult
  /** The fault lies between us and fleet, not in what was asked: another endpoint may answer. */
  readonly elsewhere: boolean
}

/** Exit 0 with these on stderr: nothing was asked of fleet (usage-errors, missing-unit). */
const nothingAsked = /^(?:No units given|Units not found in registry|Error: unknown command|cannot execute cmdFleet)/m

const notFound = /^Units not found in registry/m

const noConnection =
  /dial (?:tcp|unix)|connection re(?:fused|set)|no such host|\bEOF\b|transport connection broken|Unable to initialize client|x509:|tls:|HTTP response code 5\d\d|Error 5\d\d|invalid character '<'/

/**
 * What one call for one unit tells, which is little: whether fleet was asked. "Successfully stopped units []"
 * and no word at all are `asked`, since the wish stands already; the lists say what became of it. A "differs" warning
 * leaves the wish as it is: the registry's content runs (changed-unit-file). What is not in the registry need not be destroyed.
 */
export function judge(verb: Verb, unit: string, ran: FleetctlResult): Judgement {
  const command = `fleetctl ${commandOf(verb).join(' ')} ${unit}`
  const failed = (message: string, elsewhere = false): Judgement => ({ result: { kind: 'failed', message }, elsewhere })
  if (ran.kind === 'not-runnable') return failed(`${command} was not run: ${ran.message}`)
  if (ran.kind === 'killed') {
    const message = `${command} was ${ran.why}: whether fleet heard it is unknown.`
    return { result: { kind: 'killed', message }, elsewhere: false }
  }
  const said = firstLine(ran.stderr) ?? firstLine(ran.stdout) ?? 'no message'
  if (ran.rc !== 0) return failed(`${command} exited ${ran.rc}: ${said}`, noConnection.test(ran.stderr))
  if (isHelp(ran.stdout)) return failed(`${command} printed its help and asked nothing: ${said}`)
  if (verb === 'destroy' && notFound.test(ran.stderr)) return { result: { kind: 'asked' }, elsewhere: false }
  if (nothingAsked.test(ran.stderr)) return failed(`${command} exited 0 but asked nothing: ${said}`)
  return { result: { kind: 'asked' }, elsewhere: false }
}
