import { isOver, ownerOf, samePause, type Rollout } from '../domain/rollout.ts'
import type { SchedulerReader, SchedulerWriter } from '../ports/scheduler.ts'
import { StoreUnavailable } from '../ports/store.ts'
import { Outage } from '../store/outage.ts'
import { UnreadableRecord } from '../store/record.ts'
import { decide } from './decide.ts'
import { Calls, wellAfter } from './calls.ts'
import { withJournal } from './failure-journal.ts'
import type { Loaded, Ownership, Wishes } from './journal.ts'
import type { Patience } from './observation.ts'
import { ProgressClock } from './progress-clock.ts'
import { clockStands } from './stuck.ts'
import { Watches, type WatchParts } from './watches.ts'
import { WishWatch, wishesForMs, type WishParts } from './wish-watch.ts'

export interface DriverParts extends WishParts, WatchParts {
  readonly scheduler: SchedulerReader & SchedulerWriter
  readonly patience: Patience
}

export type Driven =
  /** It reached a terminal phase. */
  | 'ended'
  /** The lease is lost, or another process drives it: nothing more was done. */
  | 'lost'
  /** Told to stop; it can be claimed again. */
  | 'handed-over'
  /** Its record cannot be read. */
  | 'unreadable'

/** The time without progress is stored at least this often, so that a driver that never lives long cannot lose it. */
const spentEveryMs = 5000

/** What was recorded is done all the same when this process is told to stop, for so long: who stops it waits. */
const finishStepMs = 5000

/**
 * Drives one rollout until it ends: observe, decide, record the intent, act, observe. It holds the lease, does at most
 * what `decide` said, and believes no answer of a call. `stop` ends it between two steps.
 */
export async function drive(own: Ownership, parts: DriverParts, driver: string, stop: AbortSignal): Promise<Driven> {
  return new Drive(own, parts, driver, stop).run()
}

class Drive {
  readonly #own: Ownership
  readonly #parts: DriverParts
  readonly #driver: string
  readonly #stop: AbortSignal
  readonly #halt: AbortSignal
  /** Ends the calls of a step that was begun. */
  #cut: AbortSignal
  readonly #wishes: WishWatch
  readonly #haltOrAborted: AbortSignal
  readonly #lostOrAborted: AbortSignal
  readonly #watches: Watches
  readonly #calls: Calls
  readonly #progress = new ProgressClock()
  #loaded: Loaded | null = null

  constructor(own: Ownership, parts: DriverParts, driver: string, stop: AbortSignal) {
    this.#own = own
    this.#parts = parts
    this.#driver = driver
    this.#stop = stop
    this.#halt = AbortSignal.any([own.lease.lost, stop])
    this.#cut = own.lease.lost
    this.#wishes = new WishWatch(own.id, parts)
    this.#haltOrAborted = AbortSignal.any([this.#halt, this.#wishes.aborted])
    this.#lostOrAborted = AbortSignal.any([own.lease.lost, this.#wishes.aborted])
    this.#watches = new Watches(own, parts)
    this.#calls = new Calls(own, parts)
  }

  async run(): Promise<Driven> {
    const over = new AbortController()
    const listening = this.#wishes.listen(over.signal)
    const late = wellAfter(this.#stop, finishStepMs, { clock: this.#parts.clock, over: over.signal })
    this.#cut = AbortSignal.any([this.#own.lease.lost, late])
    try {
      return await this.#loop()
    } finally {
      over.abort()
      await Promise.all([listening, this.#watches.preparation.end()])
    }
  }

  /** It is to end, and nothing is left to be stored of what it ran. */
  get #letsGo(): boolean {
    return this.#halt.aborted && !this.#watches.preparation.pending
  }

  async #loop(): Promise<Driven> {
    const { log, clock } = this.#parts
    const outage = new Outage(log, { rollout: this.#own.id }, 'the rollout')
    for (;;) {
      if (this.#own.lease.lost.aborted) return 'lost'
      if (this.#letsGo) return 'handed-over'
      try {
        const over = await this.#turn()
        outage.over()
        if (over !== null) return over
      } catch (error) {
        if (error instanceof UnreadableRecord) {
          log.error({ rollout: this.#own.id, err: error }, 'a record of this rollout cannot be read: it is not driven')
          return 'unreadable'
        }
        if (!(error instanceof StoreUnavailable)) throw error
        // Whether the last write was applied is unknown: read again before anything is decided.
        this.#loaded = null
        outage.failed(error)
        if (this.#stop.aborted && !this.#watches.preparation.running) return 'handed-over'
        await clock.sleep(500, this.#watches.preparation.running ? this.#own.lease.lost : this.#halt)
      }
    }
  }

  /** Ends a wait, also when an abort comes; what is begun after one was heard is not for it to end. */
  get #hurry(): AbortSignal {
    return this.#wishes.aborted.aborted ? this.#halt : this.#haltOrAborted
  }

  /** One turn of the loop; null to go on. */
  async #turn(): Promise<Driven | null> {
    const { journal, clock, patience } = this.#parts
    const loaded = this.#loaded ?? (await this.#load())
    if (loaded === null) return 'unreadable'
    if (isOver(loaded.rollout)) return 'ended'
    if (await this.#rests(loaded.rollout)) return null
    const watched = await this.#watches.look(loaded.rollout, this.#stop.aborted ? this.#own.lease.lost : this.#hurry)
    if (this.#letsGo) return null
    // After the look, which may take long: what people want is newer than what is seen.
    const wishes = await this.#wishes.fresh(loaded.rollout)
    const calledOff = this.#wishes.aborted.aborted ? this.#own.lease.lost : this.#lostOrAborted

    const monotonic = clock.monotonic()
    if (clockStands(loaded.rollout)) this.#progress.stand(monotonic)
    const spentMs = this.#progress.spentMs(monotonic)
    const decision = decide(
      loaded.rollout,
      {
        ...watched,
        abort: wishes.abort,
        take: wishes.take,
        pause: wishes.pause,
        resumed: wishes.resumed,
        go: wishes.go,
        holds: wishes.holds,
        askedAt: (unit) => this.#calls.askedAt(unit),
        refusals: this.#calls.refusals,
      },
      { wall: clock.now(), monotonic, spentMs },
      patience,
    )
    if (decision.rollout === loaded.rollout) {
      if (spentMs - loaded.rollout.spentMs >= spentEveryMs) await this.#storeSpent(loaded, spentMs, monotonic, wishes)
      return null
    }
    this.#watches.preparation.intend(loaded.rollout, decision.rollout)
    const advanced = await journal.advance(
      this.#own,
      loaded,
      decision.rollout,
      await withJournal(decision, this.#parts),
      wishes,
    )
    if (advanced.kind === 'fenced') return 'lost'
    if (advanced.kind === 'moved') {
      this.#loaded = null
      this.#wishes.forget()
      return null
    }
    this.#loaded = advanced.loaded
    this.#follow(advanced.loaded.rollout)
    this.#progress.count(decision.rollout.spentMs, monotonic)
    this.#parts.log.info({ rollout: this.#own.id, reason: decision.reason, calls: decision.calls }, 'step')
    // Each call may take its whole time limit: an abort or a lock that came meanwhile stops what still serves from
    // being stopped. The stages cope with a call that was never made.
    const mayGoOn = async (): Promise<boolean> => !(await this.#wishes.isStricterThan(wishes, advanced.loaded.rollout))
    await this.#calls.makeAll(decision.calls, { halt: this.#cut, calledOff }, mayGoOn)
    return isOver(advanced.loaded.rollout) ? 'ended' : null
  }

  /** Reads the record and says in it, once, who drives. */
  async #load(): Promise<Loaded | null> {
    const { journal, clock } = this.#parts
    const loaded = await journal.load(this.#own.id)
    const first = loaded !== null && this.#progress.begin(loaded.rollout.spentMs, clock.monotonic())
    if (loaded === null || !first || isOver(loaded.rollout)) {
      this.#loaded = loaded
      if (loaded !== null) this.#follow(loaded.rollout)
      return loaded
    }
    const wishes = await this.#wishes.read(loaded.rollout)
    // The same process may come back often, when the store or a record fails it: that is no news.
    if (loaded.rollout.driver === this.#driver) {
      this.#loaded = loaded
      return loaded
    }
    const fact = { kind: 'driven', driver: this.#driver, again: loaded.rollout.driver !== null } as const
    const advanced = await journal.advance(
      this.#own,
      loaded,
      { ...loaded.rollout, driver: this.#driver },
      [fact],
      wishes,
    )
    this.#loaded = advanced.kind === 'stored' ? advanced.loaded : await journal.load(this.#own.id)
    return this.#loaded
  }

  /** A paused rollout waits for a person's word and looks at no fleet meanwhile. */
  async #rests(rollout: Rollout): Promise<boolean> {
    if (rollout.phase !== 'paused') return false
    const wishes = await this.#wishes.fresh(rollout)
    if (wishes.abort !== null || !samePause(wishes.pause, rollout.pause)) return false
    if (wishes.take !== null && wishes.take.by.id !== ownerOf(rollout).id) return false
    await this.#parts.clock.sleep(wishesForMs, this.#hurry)
    return true
  }

  /** Whoever drives it next, and however often it changes hands, the deadline goes on counting. */
  async #storeSpent(loaded: Loaded, spentMs: number, at: number, wishes: Wishes): Promise<void> {
    const rollout = { ...loaded.rollout, spentMs: Math.round(spentMs) }
    const advanced = await this.#parts.journal.advance(this.#own, loaded, rollout, [], wishes)
    this.#loaded = advanced.kind === 'stored' ? advanced.loaded : null
    if (advanced.kind === 'stored') this.#progress.count(rollout.spentMs, at)
  }

  #follow(rollout: Rollout): void {
    this.#watches.preparation.follow(rollout, { aborted: this.#wishes.aborted, cut: this.#cut })
  }
}
