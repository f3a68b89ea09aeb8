import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../ports/clock.ts'
import { codeOf, findBinary } from '../process/find-binary.ts'
import type { FleetctlCall, FleetctlResult } from './fleetctl-call.ts'
import { supervise } from './supervise.ts'
import { seconds } from './words.ts'

const advice = "Install fleetctl there, or set the tier's fleet `binary` to its full path."

/** Seconds that coreutils' `timeout` leaves beyond the limit, so that the kill of this process comes first. */
const guardSeconds = 0.25

/**
 * Runs fleetctl once: no shell, an empty directory of its own (fleetctl reads unit files in its working directory by
 * name), /dev/null as stdin, a process group of its own that is gone when this resolves. Never rejects.
 *
 * Where `timeout` is in PATH it stands between: should this process be killed, nobody else ends a call that hangs, and it
 * would be heard by fleet long after another process took over.
 */
export async function runFleetctl(call: FleetctlCall, clock: Clock): Promise<FleetctlResult> {
  if (call.signal?.aborted === true) {
    return { kind: 'killed', by: 'abort', why: 'called off before it was run', stderr: '' }
  }
  const asked = clock.monotonic()
  const binary = await findBinary(call.binary, call.env['PATH'] ?? '', advice)
  if (binary.kind === 'not-found') return { kind: 'not-runnable', message: binary.message }
  let cwd: string
  try {
    cwd = await mkdtemp(join(tmpdir(), 'opsee-fleetctl-'))
  } catch (error) {
    const message = `No empty directory for fleetctl could be made in ${tmpdir()} (${codeOf(error)}): set TMPDIR.`
    return { kind: 'not-runnable', message }
  }
  try {
    const timeout = await findBinary('timeout', call.env['PATH'] ?? '', '')
    // Nothing is awaited between this look at the time and the start.
    const left = call.timeLimitMs - (clock.monotonic() - asked)
    if (left <= 0) {
      const why = `held up for more than ${seconds(call.timeLimitMs)} before it was run`
      return { kind: 'killed', by: 'time-limit', why, stderr: '' }
    }
    const command = [binary.path, ...call.args] as const
    const guarded = timeout.kind === 'not-found' ? command : ([timeout.path, ...guard(left), ...command] as const)
    const result = await supervise(guarded, cwd, call, left, clock)
    return notStarted(binary.path, result) ?? result
  } finally {
    // What fleetctl leaves there is of no use, and a directory that stays is no reason to lose the answer.
    await rm(cwd, { recursive: true, force: true }).catch(() => undefined)
  }
}

const guard = (ms: number): readonly string[] => ['-s', 'KILL', (ms / 1000 + guardSeconds).toFixed(2)]

/** `timeout` exits 126 or 127 and speaks for itself when it could not start the binary. */
function notStarted(path: string, result: FleetctlResult): FleetctlResult | null {
  if (result.kind !== 'exited' || (result.rc !== 126 && result.rc !== 127)) return null
  const why = /^\S*timeout: .*: (.+)$/m.exec(result.stderr)?.[1]
  if (why === undefined) return null
  return {
    kind: 'not-runnable',
    message: `${path} could not be started: ${why}. Is the interpreter that it names there?`,
  }
}
