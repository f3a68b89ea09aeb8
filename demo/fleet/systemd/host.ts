import type { LabClock } from '../cluster/clock.ts'
import type { Witness } from '../cluster/witness.ts'
import type { Journal } from './journal.ts'
import type { Reaper } from './reaper.ts'

/** What a fault makes a unit do, on every machine. Times in unscaled milliseconds. */
export interface UnitFault {
  /** Its ExecStart exits with 1 at once. */
  readonly failStart?: boolean
  /** The main process is killed this long after each start. */
  readonly crashAfterMs?: number
  /** SIGTERM reaches the processes this much later. */
  readonly slowStopMs?: number
}

/** The machine that a service runs on, as its processes and the service manager see it. */
export interface Host {
  readonly machine: string
  readonly clock: LabClock
  readonly witness: Witness
  readonly journal: Journal
  readonly reaper: Reaper
  readonly cwd: string
  /** The environment every process gets, before its unit's own. */
  readonly env: Readonly<Record<string, string>>
  /** Programs to run in place of others, by their full path. */
  readonly aliases: Readonly<Record<string, string>>
  readonly hostname: string
  /** The file whose presence means that `unit` was told to be unhealthy. */
  unhealthyFile(unit: string): string
  /** The file that a Type=notify service creates when it is ready. */
  readyFile(unit: string): string
  faultOf(unit: string): UnitFault
}
