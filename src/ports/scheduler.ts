/**
 * The scheduler of one tier: what it runs, and the few things that can be asked of it. Speaks of units and machines,
 * never of fleet.
 */
export interface SchedulerReader {
  /**
   * A view whose reading began after this call. Resolves `unknown` (with the reason in words) when no complete answer
   * came within `timeoutMs`; never rejects. `recent` is for people who look, and never for what acts.
   */
  observe(timeoutMs: number, signal?: AbortSignal, recent?: Recent): Promise<ClusterView>
  /** The last lines of a unit's journal, within a time limit of its own. Never rejects. */
  journal(unit: string, lines: number): Promise<JournalReading>
}

/** What may be older than the call. */
export interface Recent {
  /**
   * Milliseconds since what is wanted, and which machines there are, was read. Only as long as what is reported now is
   * what was reported then, to the last word: no unit has come, gone, moved, stopped or started since.
   */
  readonly wantedWithinMs: number
}

export type JournalReading =
  /** Newest last. */
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  /** They cannot be had (no ssh, no such unit); `reason` for a person. */
  | { readonly kind: 'none'; readonly reason: string }

export interface SchedulerWriter {
  /** Asks that the unit be stopped. An `asked` answer proves nothing: observe. One unit a call; idempotent. */
  stop(unit: string, signal: AbortSignal): Promise<CallResult>
  /** Asks that the unit be started. On a unit that is already wanted it does nothing. One unit a call; idempotent. */
  start(unit: string, signal: AbortSignal): Promise<CallResult>
  /**
   * Asks that the unit be forgotten: it ends, and is neither wanted nor known any more. Of a unit that is unknown it
   * is done already. One unit a call; idempotent.
   */
  destroy(unit: string, signal: AbortSignal): Promise<CallResult>
  /** The longest that one mutating call can take before it is killed, in milliseconds. */
  readonly callTimeoutMs: number
}

export type CallResult =
  | { readonly kind: 'asked' }
  /** `message` is a sentence for a person: what was run, how it ended, the first line of what it printed. */
  | { readonly kind: 'failed'; readonly message: string }
  /** Killed by the time limit or by the signal: whether the wish was taken is unknown. */
  | { readonly kind: 'killed'; readonly message: string }

export type ClusterView =
  | {
      readonly kind: 'known'
      /** `Clock.monotonic()` before the reading began: whatever was done before is seen. */
      readonly startedAt: number
      /** `Clock.monotonic()` when the answers were complete. */
      readonly endedAt: number
      /** `Clock.monotonic()` before what is wanted was read, where that was an earlier look; never without `recent`. */
      readonly wantedAt?: number
      readonly machines: ReadonlyMap<string, Machine>
      /** Machines that left the cluster while somebody looked, newest first. Absent where nothing was looked at before. */
      readonly left?: readonly LeftMachine[]
      /** Every unit that is wanted or reported, by full name (`api@1.service`); templates are not among them. */
      readonly units: ReadonlyMap<string, UnitView>
      /** Content hash of each template in the registry, by name (`api@.service`). */
      readonly templates: ReadonlyMap<string, string>
      /** Why no machine may run what a template makes, in words, by its name. Absent while that is not known of any. */
      readonly misfits?: ReadonlyMap<string, string>
    }
  | {
      readonly kind: 'unknown'
      readonly startedAt: number
      readonly endedAt: number
      /** In words: "fleet did not answer within 10 s (http://…: connection refused)". */
      readonly reason: string
    }

export interface Machine {
  readonly id: string
  /** Address, or null while the machine is known by its id alone. */
  readonly ip: string | null
  readonly metadata: Readonly<Record<string, string>>
}

export interface LeftMachine {
  readonly id: string
  readonly ip: string | null
  /** `Clock.monotonic()` of the last look that had it, and of the first one that lacked it. */
  readonly seenAt: number
  readonly missedAt: number
  /** Units that were on it then. */
  readonly units: readonly string[]
}

export interface UnitView {
  readonly unit: string
  /** What is wanted of it; `absent` when the registry does not know the unit though a machine reports it. */
  readonly wanted: 'launched' | 'loaded' | 'inactive' | 'absent'
  /**
   * How far its machine's agent says that it has come with the wish: `loaded` once it acted on a stop, `launched` once
   * it acted on a start. Until it follows `wanted`, the reports may be of before. Null when nothing is known.
   */
  readonly believed: 'launched' | 'loaded' | 'inactive' | null
  /** Content hash in the registry; null when absent there. */
  readonly hash: string | null
  /** Machine id that it is assigned to; null when none. */
  readonly target: string | null
  /** Wanted on every machine at once (fleet's Global=true). */
  readonly global: boolean
  /** Of a global unit, the ids of the machines that should run it, by its unit file. Absent while that is not known. */
  readonly meantFor?: readonly string[]
  /** Of a unit that no machine has: why none may run it, in words. Absent when one may, and while that is not known. */
  readonly misfit?: string
  /** One per machine that reports the unit. None does not mean gone: it may be unscheduled, or its report late. */
  readonly reports: readonly UnitReport[]
  /**
   * For how many complete views in a row the reports have been these very states on these very machines (1 = first
   * time), and since when (`Clock.monotonic()` of the first of them).
   */
  readonly sameFor: { readonly views: number; readonly since: number }
  /** For how many complete views in a row `wanted` has been the same. */
  readonly wantedFor: number
  /** How often the unit was seen to come to `auto-restart`, or from active to another start, since it was last seen stopped. */
  readonly flaps: number
}

export interface UnitReport {
  readonly machine: string
  readonly ip: string | null
  readonly load: string
  /** systemd's active state: active, activating, deactivating, inactive, failed; '' while the machine is not heard of. */
  readonly active: string
  readonly sub: string
  /** Content hash of the unit file that this machine runs. */
  readonly hash: string
}

/**
 * Nobody wants it and nobody reports it, in so many complete views in a row: it exists no longer. One list that lacks a
 * unit is no proof of that.
 */
export const isForgotten = (unit: UnitView, views = 5): boolean =>
  unit.wanted === 'absent' && unit.reports.length === 0 && unit.wantedFor >= views

/** What the registry keeps of it, or what a machine runs of it, has another content hash than this. */
export const runsOtherFile = ({ hash, reports }: Pick<UnitView, 'hash' | 'reports'>, wanted: string): boolean =>
  (hash !== null && hash !== wanted) || reports.some((report) => report.hash !== '' && report.hash !== wanted)
