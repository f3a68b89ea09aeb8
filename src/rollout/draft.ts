import { rolledNow } from '../domain/aim.ts'
import type { Fact } from '../domain/event.ts'
import { isPreparing } from '../domain/preparation.ts'
import {
  inFlight,
  ownerOf,
  samePause,
  underWay,
  type BegunEnding,
  type InstanceState,
  type Pause,
  type Person,
  type Rollout,
  type Stage,
} from '../domain/rollout.ts'
import type { WantedAt } from '../domain/release.ts'
import type { Moment } from './observation.ts'

/** One mutating call that the record must name before it is made. */
export type Call = UnitCall | WantCall

export interface UnitCall {
  readonly verb: 'stop' | 'start' | 'destroy'
  readonly unit: string
}

/** The wanted release is to name `to`. */
export interface WantCall {
  readonly verb: 'want'
  readonly at: WantedAt
  readonly from: string | null
  readonly to: string
}

/** What is to be done next, and why. */
export interface Decision {
  /** The record as it must be stored before any call is made; the very same object when nothing changed. */
  readonly rollout: Rollout
  /** What the changes mean, in order. */
  readonly facts: readonly Fact[]
  readonly calls: readonly Call[]
  /** What it waits for, or did, in words. */
  readonly reason: string
}

type Holder = NonNullable<Rollout['held']>['by']

/** States of one instance that are kept: a crash loop would go on for ever. */
const mostSeen = 12

/** A decision in the making. Never leaves `decide`. */
export class Draft {
  rollout: Rollout
  /** Driving time without progress, in milliseconds. */
  spentMs: number
  readonly #before: Rollout
  readonly #moment: Moment
  readonly #facts: Fact[] = []
  readonly #calls: Call[] = []
  readonly #reasons: string[] = []

  constructor(rollout: Rollout, moment: Moment) {
    this.rollout = rollout
    this.#before = rollout
    this.spentMs = moment.spentMs
    this.#moment = moment
  }

  instance(unit: string): InstanceState {
    const found = this.rollout.instances.find((one) => one.unit === unit)
    if (found === undefined) throw new Error(`${unit} is not part of rollout ${this.rollout.id}`)
    return found
  }

  patch(unit: string, change: Partial<InstanceState>): void {
    this.rollout = {
      ...this.rollout,
      instances: this.rollout.instances.map((one) => (one.unit === unit ? { ...one, ...change } : one)),
    }
  }

  /** Moves the instance on, and says so. */
  stage(unit: string, stage: Stage, reason: string, change: Partial<InstanceState> = {}): void {
    this.patch(unit, { note: null, ...change, stage, since: this.#moment.wall })
    this.fact({ kind: 'stage', unit, stage, attempt: this.instance(unit).attempt, reason })
    this.say(`${unit}: ${reason}`)
  }

  /** Asks for calls on behalf of the instance; counting them changes the record, so each one is stored before it is made. */
  call(unit: string, ...calls: readonly UnitCall[]): void {
    this.patch(unit, { calls: this.instance(unit).calls + calls.length })
    this.#calls.push(...calls)
  }

  /** Asks for the wanted release to be moved. */
  want(call: Omit<WantCall, 'verb'>): void {
    this.set({ release: { stage: 'moving', calls: (this.rollout.release?.calls ?? 0) + 1 } })
    this.#calls.push({ verb: 'want', ...call })
  }

  /** What the instance waits for. Told to readers of the record, too small for an event. */
  note(unit: string, note: string): void {
    if (this.instance(unit).note !== note) this.patch(unit, { note })
    this.say(`${unit}: ${note}`)
  }

  /** What it was seen as, for whoever asks afterwards what became of it. */
  see(unit: string, state: InstanceState['seen'][number]): void {
    const { seen } = this.instance(unit)
    const last = seen.at(-1)
    if (last?.state === state.state && last.on === state.on) return
    this.patch(unit, { seen: [...seen, state].slice(-mostSeen) })
  }

  fail(unit: string, reason: string): void {
    this.patch(unit, { stage: 'failed', since: this.#moment.wall, finishedAt: this.#moment.wall, note: reason })
    this.fact({ kind: 'instance-failed', unit, reason })
    this.say(`${unit}: ${reason}`)
  }

  set(change: Partial<Rollout>): void {
    this.rollout = { ...this.rollout, ...change }
  }

  /** From now on it can only end. The first failure is the one that is told; an abort goes before a failure. */
  end(ending: BegunEnding): void {
    const already = this.rollout.ending
    if (already !== null && (already.kind === 'aborted' || ending.kind === 'failed')) return
    this.set({ ending, pause: null, phase: underWay(this.rollout) })
    this.comeOn()
    if (ending.kind === 'failed') this.fact({ kind: 'failing', unit: ending.unit, reason: ending.reason })
    else this.fact({ kind: 'abort-asked', by: ending.by, reason: ending.reason })
  }

  /** The time without progress is counted anew. */
  comeOn(): void {
    this.spentMs = 0
    const { waits } = this.rollout
    if (waits !== undefined && waits.atMs > 0) this.set({ waits: { ...waits, atMs: 0 } })
    if (this.rollout.stuck !== null) this.set({ stuck: null })
  }

  /** Another person's from now on. */
  take(wish: { readonly by: Person; readonly reason: string | null } | null): void {
    const from = ownerOf(this.rollout)
    if (wish === null || wish.by.id === from.id) return
    this.set({ takenBy: wish.by })
    this.fact({ kind: 'taken', by: wish.by, from, reason: wish.reason, ...this.#counts })
  }

  get #counts(): { readonly replaced: number; readonly of: number } {
    const instances = rolledNow(this.rollout)
    return { replaced: instances.filter((one) => one.stage === 'done').length, of: instances.length }
  }

  /** Says at once that it heeds a pause, or the end of one. What is under way goes on to its end all the same. */
  heed(pause: Pause | null, resumed: { readonly by: Person; readonly reason: string | null } | null): void {
    if (samePause(this.rollout.pause, pause)) return
    if (pause === null) {
      const [by, reason] = [resumed?.by ?? null, resumed?.reason ?? null]
      this.fact({ kind: 'resumed', tier: this.rollout.pause?.kind === 'stop', by, reason, ...this.#counts })
    } else {
      const moving = this.rollout.instances.filter(inFlight).map((one) => one.unit)
      const { by, reason } = pause
      const preparing = isPreparing(this.rollout) ? { preparing: true } : {}
      this.fact({ kind: 'pause-asked', tier: pause.kind === 'stop', by, reason, moving, ...preparing })
    }
    this.set({ pause, phase: underWay(this.rollout) })
  }

  hold(by: Holder, reason: string): void {
    this.say(reason)
    if (this.rollout.held?.by === by && (by !== 'lock' || this.rollout.held.reason === reason)) return
    this.set({ held: { by, reason } })
    this.fact({ kind: 'held', reason })
  }

  goOn(by: Holder, reason: string): void {
    if (this.rollout.held?.by !== by) return
    this.set({ held: null })
    this.fact({ kind: 'going-on', reason })
  }

  fact(fact: Fact): void {
    this.#facts.push(fact)
  }

  /** As much as one transaction takes; the rest comes with the next look. */
  get full(): boolean {
    return this.#facts.length >= 60
  }

  say(reason: string): void {
    this.#reasons.push(reason)
  }

  decision(): Decision {
    return {
      rollout: this.#changed ? { ...this.rollout, spentMs: Math.round(this.spentMs) } : this.#before,
      facts: this.#facts,
      calls: this.#calls,
      reason: this.#reasons.join('; ') || 'nothing to do',
    }
  }

  get #changed(): boolean {
    return this.rollout !== this.#before || this.#facts.length > 0
  }
}
