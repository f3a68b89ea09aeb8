/** One call of fleetctl, and the result of it. */

export interface FleetctlCall {
  readonly binary: string
  readonly args: readonly string[]
  /** The whole environment of the process; nothing is inherited. `PATH` is also where a bare `binary` is looked up. */
  readonly env: Readonly<Record<string, string>>
  /**
   * Milliseconds until the whole process group is killed, counted from the asking: when this process was held up before it
   * could start anything, that counts too, and what is too late by then is not run.
   */
  readonly timeLimitMs: number
  readonly signal?: AbortSignal
  /** Bytes of stdout and stderr together until the group is killed. Default 16 MiB; 3,000 units are about 0.5 MiB. */
  readonly maxOutputBytes?: number
}

export type FleetctlResult =
  | { readonly kind: 'exited'; readonly rc: number; readonly stdout: string; readonly stderr: string }
  /** What was asked for may or may not have been done. `why` is a clause: "killed after 5 s". */
  | { readonly kind: 'killed'; readonly by: KilledBy; readonly why: string; readonly stderr: string }
  /** Nothing was run. The message says which path, and what to set. */
  | { readonly kind: 'not-runnable'; readonly message: string }

/** `outside`: a signal that was not ours (out of memory, a person, a crash). */
export type KilledBy = 'time-limit' | 'abort' | 'output' | 'outside'
