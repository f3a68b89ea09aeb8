import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { SchedulerWriter } from '../ports/scheduler.ts'
import type { WantedReleases } from '../ports/wanted-release.ts'
import type { Call } from './draft.ts'
import type { Ownership } from './journal.ts'
import { wantedName } from './step-release.ts'

/** A call that outlives this process is killed a little after its time limit, and is on its way for a moment more. */
const callMarginMs = 500

interface CallParts {
  readonly scheduler: SchedulerWriter
  readonly wanted: WantedReleases
  readonly clock: Clock
  readonly log: Log
}

/**
 * So many calls of one step at once. fleet's agents act a second after the first wish that they notice, and see what comes
 * after that up to 5 s late: ten calls, one behind the other, take longer than that second.
 */
const atOnce = 4

/** The mutating calls of one driver, and what came of them. */
export class Calls {
  readonly #own: Ownership
  readonly #parts: CallParts
  readonly #began: number
  readonly #asked = new Map<string, number>()
  readonly #refusals = new Map<string, string>()

  constructor(own: Ownership, parts: CallParts) {
    this.#own = own
    this.#parts = parts
    this.#began = parts.clock.monotonic()
  }

  /** `Clock.monotonic()` at the end of the last call for the unit; of this driver's beginning when it made none. */
  askedAt(unit: string): number {
    return this.#asked.get(unit) ?? this.#began
  }

  /** What was said when the last call for a unit failed. */
  get refusals(): ReadonlyMap<string, string> {
    return this.#refusals
  }

  /**
   * Makes the calls of one step, a few at once, those for the same unit in their order. Resolves when all have ended. Before
   * each that takes something away it asks `mayGoOn`, and begins none any more once that said no or threw; what it threw is
   * thrown at the end.
   */
  async makeAll(
    calls: readonly Call[],
    signals: { readonly halt: AbortSignal; readonly calledOff: AbortSignal },
    mayGoOn: () => Promise<boolean>,
  ): Promise<void> {
    const waiting = byUnit(calls)
    let over = false
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        for (const call of next) {
          if (over || (call.verb !== 'start' && !(await mayGoOn()))) over = true
          if (over) return
          await this.#make(call, signals.halt, signals.calledOff)
        }
      }
    }
    const watched = (): Promise<void> =>
      worker().catch((error: unknown) => {
        over = true
        throw error
      })
    const ends = await Promise.allSettled(Array.from({ length: atOnce }, watched))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  /**
   * Makes one call: only while the lease surely outlives it, not any more once `halt` aborts, and killed the moment that
   * `calledOff` does, which the loss of the lease must.
   */
  async #make(call: Call, halt: AbortSignal, calledOff: AbortSignal): Promise<void> {
    const { scheduler, wanted, clock, log } = this.#parts
    const { lease, id } = this.#own
    const limit = call.verb === 'want' ? wanted.moveTimeoutMs : scheduler.callTimeoutMs
    const longest = limit + callMarginMs
    while (!halt.aborted && lease.remainingMs() <= longest) await clock.sleep(50, halt)
    if (halt.aborted) return
    const name = nameOf(call)
    const result =
      call.verb === 'want'
        ? await wanted.move(call.at, { from: call.from, to: call.to }, calledOff)
        : await scheduler[call.verb](call.unit, calledOff)
    this.#asked.set(name, clock.monotonic())
    if (result.kind === 'asked') {
      this.#refusals.delete(name)
      return
    }
    this.#refusals.set(name, result.message)
    log.warn({ rollout: id, call, result }, 'a call for an instance did not end well')
  }
}

/** What its end and its refusal are kept under. */
const nameOf = (call: Call): string => (call.verb === 'want' ? wantedName : call.unit)

function byUnit(calls: readonly Call[]): Call[][] {
  const lists = new Map<string, Call[]>()
  for (const call of calls) lists.set(nameOf(call), [...(lists.get(nameOf(call)) ?? []), call])
  return [...lists.values()]
}

/** Aborts `ms` after the signal has, unless `over` aborts before. */
export function wellAfter(
  signal: AbortSignal,
  ms: number,
  { clock, over }: { readonly clock: Clock; readonly over: AbortSignal },
): AbortSignal {
  const late = new AbortController()
  const wait = async (): Promise<void> => {
    await clock.sleep(ms, over)
    if (!over.aborted) late.abort()
  }
  signal.addEventListener('abort', () => void wait(), { once: true, signal: over })
  return late.signal
}
