import type { Clock } from '../../ports/clock.ts'
import { cleanEnvironment, globalFlags, type FleetOptions } from './options.ts'
import { runFleetctl } from './run-fleetctl.ts'
import type { FleetctlResult } from './fleetctl-call.ts'

/** fleetctl as one tier's options want it. Never rejects. */
export type Fleetctl = (
  endpoint: string | null,
  args: readonly string[],
  limit: { readonly timeLimitMs: number; readonly signal?: AbortSignal },
) => Promise<FleetctlResult>

export function createFleetctl(options: FleetOptions, clock: Clock): Fleetctl {
  const env = cleanEnvironment(options)
  return (endpoint, args, limit) =>
    runFleetctl({ binary: options.binary, args: [...globalFlags(options, endpoint), ...args], env, ...limit }, clock)
}

/** An unknown flag prints the help on stdout, exits 0 and does nothing (usage-errors). */
export function isHelp(stdout: string): boolean {
  return /^(?:NAME:\n|fleetctl is a command-line interface)/.test(stdout) || /^USAGE:$/m.test(stdout)
}
