import type { Fact } from '../domain/event.ts'
import { holdsItsTarget, isOver, type Cancelled, type Rollout, type WaitsFor } from '../domain/rollout.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { StoreUnavailable } from '../ports/store.ts'
import type { Admission } from '../services/capabilities.ts'
import { asBefore } from '../store/conditions.ts'
import { keys } from '../store/keys.ts'
import { Outage } from '../store/outage.ts'
import { UnreadableRecord } from '../store/record.ts'
import { beginning, type QueueLimits } from './create.ts'
import { decideWait, holdsIn, type Checked, type WaitStep } from './decide-wait.ts'
import type { Writes } from './ending.ts'
import type { FailedBefore } from './failed-before.ts'
import type { Advanced, Journal, Loaded, Ownership, Wishes } from './journal.ts'
import { turnOf } from './line.ts'
import { placeIn, samePlace, writePlace, type MyPlace } from './my-place.ts'
import { newState } from './new-rollout.ts'
import type { LineLook, LineReader } from './line-reader.ts'

export interface WaitParts {
  readonly journal: Journal
  readonly line: LineReader
  readonly limits: QueueLimits
  readonly admission: Admission
  readonly clock: Clock
  readonly log: Log
}

export type Waited =
  /** It rolls from now on, and is this process's to drive. */
  'begun' | 'ended' | 'lost' | 'handed-over' | 'unreadable'

const lookEveryMs = 1000
/** While a person is awaited, the plan is looked at this often: it may be again what was accepted. */
const recheckMs = 30_000

/**
 * Keeps one rollout in its place in the queue: tells what it waits for, ends it when it is aborted, and begins it when its
 * turn has come, after rights, locks and plan were checked again. Every write compares the owner, the record, the place,
 * the wishes and the locks, so that it begins once, whoever else tries.
 */
export async function waitInLine(own: Ownership, parts: WaitParts, stop: AbortSignal): Promise<Waited> {
  const wait = new Wait(own, parts)
  const halt = AbortSignal.any([own.lease.lost, stop])
  const outage = new Outage(parts.log, { rollout: own.id }, 'the queue')
  for (;;) {
    if (own.lease.lost.aborted) return 'lost'
    if (stop.aborted) return 'handed-over'
    try {
      const over = await wait.turn()
      outage.over()
      if (over !== null) return over
    } catch (error) {
      if (error instanceof UnreadableRecord) {
        parts.log.error({ rollout: own.id, err: error }, 'a record of this waiting rollout cannot be read: it waits on')
        return 'unreadable'
      }
      if (!(error instanceof StoreUnavailable)) throw error
      // Whether the last write was applied is unknown: read again before anything is decided.
      wait.forget()
      outage.failed(error)
    }
    await parts.clock.sleep(lookEveryMs, halt)
  }
}

class Wait {
  readonly #own: Ownership
  readonly #parts: WaitParts
  #loaded: Loaded | null = null
  /** What the last look at the plan showed, when it was not what was accepted. */
  #differed: string | null = null
  #checkedAt = Number.NEGATIVE_INFINITY

  constructor(own: Ownership, parts: WaitParts) {
    this.#own = own
    this.#parts = parts
  }

  forget(): void {
    this.#loaded = null
  }

  /** Null to go on waiting. */
  async turn(): Promise<Waited | null> {
    const { journal, line, admission, clock } = this.#parts
    const loaded = this.#loaded ?? (await journal.load(this.#own.id))
    this.#loaded = loaded
    if (loaded === null) return 'unreadable'
    const { rollout } = loaded
    if (isOver(rollout)) return 'ended'
    if (holdsItsTarget(rollout)) return 'begun'
    const look = await line(rollout.plan.tier, lookEveryMs / 2)
    const mine = placeIn(look.line, this.#own.id)
    // The look and the record are of different moments.
    if (mine === null) return this.#reload()
    const { place } = mine
    const turn = this.#turnIn(look, rollout)
    const wishes = turn.kind !== 'turn' || look.wished.has(rollout.id) ? await journal.wishes(rollout) : null
    const failed = turn.kind === 'turn' ? [] : await this.#failed(rollout)
    const seen = {
      turn,
      abort: wishes?.abort ?? null,
      holds: wishes === null ? [] : holdsIn(wishes),
      failed,
      yes: place.yes,
      differed: this.#differed,
    }
    let step = decideWait(rollout, { ...seen, checked: null })
    if (step.kind === 'check') {
      const awaitsYes = rollout.waiting?.for.kind === 'yes' && place.yes === null
      if (awaitsYes && clock.monotonic() - this.#checkedAt < recheckMs) return null
      step = decideWait(rollout, { ...seen, checked: await admission.plan(rollout) })
      this.#checkedAt = step.kind === 'look-again' ? Number.NEGATIVE_INFINITY : clock.monotonic()
    }
    return this.#perform(loaded, { ...mine, yields: place.yields === true || failed.length > 0 }, step, wishes)
  }

  #failed(rollout: Rollout): Promise<readonly FailedBefore[]> | readonly FailedBefore[] {
    const { limits, journal } = this.#parts
    return limits.afterFailure === 'start' ? [] : journal.failedBefore(rollout)
  }

  async #perform(loaded: Loaded, mine: MyPlace, step: WaitStep, known: Wishes | null): Promise<Waited | null> {
    const { rollout } = loaded
    this.#differed = step.kind === 'look-again' ? step.differs : null
    switch (step.kind) {
      case 'check':
      case 'look-again':
        return null
      case 'end':
        return this.#end(loaded, step.ending, known)
      case 'wait':
        if (step.for === rollout.waiting?.for && samePlace(mine, step.for)) return null
        return this.#say(loaded, mine, step, known)
      case 'begin':
        return this.#begin(loaded, step, known)
    }
  }

  /** As who asked for it, and only if its turn is still now. */
  async #begin(
    loaded: Loaded,
    step: Extract<WaitStep, { kind: 'begin' }>,
    known: Wishes | null,
  ): Promise<Waited | null> {
    const { admission, clock, line } = this.#parts
    const { rollout } = loaded
    const look = await line(rollout.plan.tier, 0)
    const mine = placeIn(look.line, this.#own.id)
    if (mine === null || this.#turnIn(look, rollout).kind !== 'now') return null
    const admitted = await admission.allow(rollout)
    if (admitted.kind === 'denied') {
      const reason = `the right to it was lost while it waited: ${admitted.reason}`
      return this.#end(loaded, { kind: 'cancelled', why: 'denied', by: null, reason }, known)
    }
    if (admitted.kind === 'silent') {
      const checked: Checked = { kind: 'silent', reason: admitted.reason }
      const seen = {
        turn: { kind: 'now' },
        abort: null,
        holds: [],
        failed: [],
        yes: null,
        differed: null,
        checked,
      } as const
      const waits = decideWait(rollout, seen)
      return waits.kind === 'wait' ? this.#say(loaded, mine, waits, known) : null
    }
    const now = clock.now()
    const next: Rollout = {
      ...rollout,
      phase: 'rolling',
      plan: step.plan,
      ...newState(step.plan, now),
      audit: admitted.audit,
      waiting: null,
      begunAt: now,
    }
    const { require, puts } = beginning(rollout.plan, rollout.id, look.starts)
    const key = keys.queued(rollout.plan, rollout.id)
    const more = { require: [...require, asBefore(key, mine.waiter.entry)], puts, deletes: [key] }
    const { yes } = mine.place
    const facts: Fact[] = [
      ...(yes?.hash === step.plan.hash ? [{ kind: 'confirmed', by: yes.by, hash: yes.hash } as const] : []),
      { kind: 'begun', waitedMs: Math.max(0, now - rollout.createdAt) },
    ]
    return this.#store(loaded, next, facts, known, more)
  }

  async #say(
    loaded: Loaded,
    mine: MyPlace,
    step: { readonly for: WaitsFor; readonly facts: readonly Fact[] },
    known: Wishes | null,
  ): Promise<Waited | null> {
    const { rollout } = loaded
    if (rollout.waiting === null) return null
    const key = keys.queued(rollout.plan, rollout.id)
    const place = writePlace(mine, step.for, !step.facts.some((fact) => fact.kind === 'plan-changed'))
    const more = { require: [asBefore(key, mine.waiter.entry)], puts: [{ key, value: place }], deletes: [] }
    const next = { ...rollout, waiting: { ...rollout.waiting, for: step.for } }
    return this.#store(loaded, next, step.facts, known, more)
  }

  async #end(loaded: Loaded, ending: Cancelled, known: Wishes | null): Promise<Waited | null> {
    const { rollout } = loaded
    const endedAt = this.#parts.clock.now()
    const next: Rollout = { ...rollout, phase: 'cancelled', ending, waiting: null, endedAt }
    const ended: Fact = { kind: 'ended', phase: 'cancelled', reason: ending.reason, journal: [], noJournal: null }
    return this.#store(loaded, next, [ended], known)
  }

  async #store(
    loaded: Loaded,
    next: Rollout,
    facts: readonly Fact[],
    known: Wishes | null,
    more?: Writes,
  ): Promise<Waited | null> {
    const { journal, log } = this.#parts
    const wishes = known ?? (await journal.wishes(loaded.rollout))
    const advanced: Advanced = await journal.advance(this.#own, loaded, next, facts, wishes, more)
    switch (advanced.kind) {
      case 'fenced':
        return 'lost'
      case 'moved':
        return this.#reload()
      case 'stored':
        this.#loaded = advanced.loaded
        log.info({ rollout: next.id, phase: next.phase, waits: next.waiting?.for ?? null }, 'queue')
        return isOver(next) ? 'ended' : holdsItsTarget(next) ? 'begun' : null
    }
  }

  #turnIn({ line }: LineLook, { plan, id }: Rollout) {
    return turnOf(line, plan, id, this.#parts.limits.atOnce(plan.tier))
  }

  #reload(): null {
    this.#loaded = null
    return null
  }
}
