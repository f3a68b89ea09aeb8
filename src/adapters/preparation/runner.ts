import { createRedact } from '../../config/redact.ts'
import type { Clock } from '../../ports/clock.ts'
import type { PreparationEnd, PreparationOrder, PreparationRunner } from '../../ports/preparation.ts'
import { findBinary } from '../process/find-binary.ts'
import { allowedValues, environmentFor, searchPathOf } from './environment.ts'
import { findProgram } from './find-program.ts'
import type { PreparationOptions } from './options.ts'
import { supervise } from './supervise.ts'

/** Seconds that coreutils' `timeout` leaves beyond the limit, so that the end that this process makes comes first. */
const guardSeconds = 2

/**
 * Runs preparations: no shell, the configuration's folder, a clean environment, /dev/null as stdin, a process group of its own
 * that is gone when this resolves.
 *
 * Where `timeout` is in PATH it stands between: should this process be killed, what it left behind still ends at its limit.
 */
export function createPreparationRunner(options: PreparationOptions, clock: Clock): PreparationRunner {
  return {
    async run(order, bounds): Promise<PreparationEnd> {
      const { command, timeoutMs } = order.preparation
      const [program = '', ...args] = command
      // What is stored says what was planned; what may be run on this host, its configuration alone says.
      if (!isConfigured(order, options)) {
        const reason = `the configuration of the bot that drives this has another preparation for ${order.service} by now, or none`
        return { kind: 'not-run', reason }
      }
      const path = searchPathOf(options.env)
      const [found, timeout] = await Promise.all([
        findProgram(program, options.folder, path),
        findBinary('timeout', path, ''),
      ])
      if (found.kind === 'not-found') return { kind: 'not-run', reason: found.message.replace(/\.$/, '') }
      const argv = [found.path, ...args] as const
      const guarded = timeout.kind === 'not-found' ? argv : ([timeout.path, ...guard(timeoutMs), ...argv] as const)
      const how = {
        cwd: options.folder,
        env: environmentFor(order, options),
        timeoutMs,
        graceMs: options.graceMs ?? 3000,
      }
      const end = await supervise(guarded, how, bounds, clock)
      if (end.kind === 'not-run') return end
      return { ...end, output: createRedact(allowedValues(order, options))(end.output) }
    },
  }
}

function isConfigured({ service, preparation }: PreparationOrder, { preparations }: PreparationOptions): boolean {
  const own = preparations.get(service)
  return (
    own !== undefined &&
    JSON.stringify([own.command, own.timeoutMs, own.env]) ===
      JSON.stringify([preparation.command, preparation.timeoutMs, preparation.env])
  )
}

const guard = (ms: number): readonly string[] => [`--kill-after=${guardSeconds}`, (ms / 1000 + guardSeconds).toFixed(2)]
