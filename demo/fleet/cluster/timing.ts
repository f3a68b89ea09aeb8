/** The lags of the lab, in unscaled milliseconds; the defaults are those of the measured one (FACTS section 4). */
export interface LabTiming {
  readonly engineIntervalMs: number
  /** Agents look by themselves this long after they last looked. */
  readonly agentIntervalMs: number
  /** Engine and agents sleep this long after a watched change, and miss what changes meanwhile. */
  readonly watchPauseMs: number
  /** Time to live of machines, beats and reports: fleet's agent_ttl. */
  readonly ttlMs: number
}

export const MEASURED_TIMING: LabTiming = {
  engineIntervalMs: 2000,
  agentIntervalMs: 5000,
  watchPauseMs: 1000,
  ttlMs: 15_000,
}

/** fleet renews what lives `ttlMs` after four fifths of it, or half where it is short. */
export function renewEveryMs(ttlMs: number): number {
  return ttlMs > 10_000 ? (ttlMs * 4) / 5 : ttlMs / 2
}
